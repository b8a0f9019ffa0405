import pytest
from command_line import assert_refused, in_shell, run_workbench

from workbench import cli


@pytest.mark.parametrize(
    ("name", "content", "count"),
    [
        ("prompts.csv", 'id,prompt\n1,A haiku on rain\n2,"Two lines,\nfor Mary Shelley"\n3,\n', 2),
        ("prompts.csv", "prompt,form\nsnow in the orchard,limerick\n", 1),
        ("prompts.txt", "A haiku on rain\n\nA limerick on a cat\n", 2),
    ],
)
def test_demo_runs_the_prompts_of_a_file_and_proves_that_no_word_is_kept(tmp_path, name, content, count):
    path = tmp_path / name
    path.write_text(content)
    done = run_workbench("demo", path)
    assert done.returncode == 0, done.stderr
    assert f"Prompts: {count} given, {count} kept." in done.stdout
    assert "found: 0." in done.stdout
    assert "offline poet, not Claude" in done.stdout
    assert "Shelley" not in done.stdout.split("answered")[0]


@pytest.mark.parametrize("content", ["id,text\n1,rain\n", "prompt\n\n", ""])
def test_demo_refuses_a_file_without_prompts(tmp_path, content):
    path = tmp_path / "prompts.csv"
    path.write_text(content)
    done = run_workbench("demo", path)
    assert done.returncode == 1
    assert "workbench: The file" in done.stderr
    assert "Traceback" not in done.stderr


def test_demo_says_so_when_its_report_can_not_be_written(tmp_path):
    prompts = tmp_path / "prompts.txt"
    prompts.write_text("A haiku on rain\n")
    done = in_shell("{workbench} demo {prompts} >/dev/full", prompts=prompts)
    assert done.returncode == 1
    assert "workbench: The prompts were answered, but the report could not be written whole." in done.stderr
    assert "Traceback" not in done.stderr
    assert "Exception ignored" not in done.stderr


def test_demo_refuses_an_unknown_form_before_it_sends_anything(tmp_path):
    prompts = tmp_path / "prompts.csv"
    prompts.write_text("prompt,form\nrain,haiku\nsnow,epic\n")
    done = run_workbench("demo", prompts)
    assert_refused(done)
    assert "haiku, couplet" in done.stderr
    assert done.stdout == ""


def test_demo_without_a_file_uses_the_bundled_dozen(capsys):
    assert cli.main(["demo", "--show", "0"]) == 0
    assert "Prompts: 12 given, 12 kept." in capsys.readouterr().out
