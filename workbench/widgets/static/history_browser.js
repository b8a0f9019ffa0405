// Search, open and delete turns of the sealed history. Follows shared.js in one module.

const WORDS = {
  title: "History",
  search: "Search the history",
  searchHow: "Words, or “a phrase”",
  list: "Turns",
  empty: "Nothing here yet. What you send in the Compose panel is sealed and appears here.",
  nothing: "Nothing found. All words must occur; the last one may be unfinished.",
  total: (shown, total) => (total === 1 ? "1 turn" : shown < total ? `${shown} of ${total} turns, newest first` : `${total} turns, newest first`),
  hits: (count, more) => (count === 1 ? "1 found" : `${more ? "First " : ""}${count} found, best first`),
  unreadable: (count) =>
    `${count === 1 ? "1 turn doesn't" : `${count} turns don't`} open: altered or moved in the store's file. history.damaged() lists them; restore a backup.`,
  more: "More",
  choose: "Choose a turn: arrow keys, then Enter.",
  prompt: "Your prompt",
  given: "What the model was given",
  noForm: "No form",
  reply: "Reply",
  outcomes: { complete: "complete", cut: "ended at its longest length", stopped: "stopped by you", failed: "cut off", refused: "declined by the model" },
  tokens: (input, output, estimated) => (input + output ? `${estimated ? "about " : ""}${input} tokens in, ${output} out` : "no tokens"),
  remove: "Delete",
  confirm: "Delete this turn for good? Its bytes are overwritten; only backups still hold it, sealed.",
  removeYes: "Delete for good",
  removeNo: "Keep it",
  removed: "Deleted.",
};

function render({ model, el }) {
  const panel = openPanel(model, el, { title: WORDS.title, name: "history" });
  const { post } = panel;
  let shelf = null; // the open shelf; null while locked, so that nothing of it stays in the page

  function openShelf(state) {
    let rows = [];
    let active = -1; // the row under the arrow keys
    let opened = ""; // the id of the turn in the detail

    const query = make("input", { type: "search", placeholder: WORDS.searchHow, ...PRIVATE });
    query.value = state.query;
    const count = make("p", { class: "wb-quiet", role: "status" });
    const list = make("div", { class: "wb-list", role: "listbox", tabindex: 0, "aria-label": WORDS.list });
    const more = button(WORDS.more, { hidden: true });
    const listFault = faultPlace();
    const detail = make("div", { class: "wb-detail", role: "region", "aria-label": "Turn", tabindex: -1 });
    const rest = () => detail.replaceChildren(make("p", { class: "wb-quiet" }, rows.length ? WORDS.choose : ""));
    rest();

    panel.fill(
      make(
        "div",
        { class: "wb-columns wb-shelf" },
        make("div", { class: "wb-column" }, field(WORDS.search, query), count, listFault.node, list, more),
        make("div", { class: "wb-column" }, detail),
      ),
    );

    const searching = later(() => post("search", { query: query.value.toWellFormed?.() ?? query.value }), 200);
    query.addEventListener("input", searching.start);
    query.addEventListener("keydown", (event) => {
      if (event.key === "ArrowDown" && rows.length) {
        event.preventDefault();
        list.focus();
      }
    });
    more.addEventListener("click", () => post("more"));

    function point(index, { scroll = true } = {}) {
      active = Math.max(0, Math.min(index, rows.length - 1));
      for (const [number, option] of [...list.children].entries()) {
        option.classList.toggle("wb-active", number === active);
        option.setAttribute("aria-selected", String(rows[number].id === opened));
      }
      const option = list.children[active];
      if (!option) return list.removeAttribute("aria-activedescendant");
      list.setAttribute("aria-activedescendant", option.id);
      if (scroll) option.scrollIntoView({ block: "nearest" });
    }

    function open(index) {
      if (!rows[index]) return;
      opened = rows[index].id;
      point(index);
      post("open", { turn: opened });
    }

    const KEYS = {
      ArrowDown: () => point(active + 1),
      ArrowUp: () => point(active - 1),
      PageDown: () => point(active + 10),
      PageUp: () => point(active - 10),
      Home: () => point(0),
      End: () => point(rows.length - 1),
      Enter: () => open(active),
      " ": () => open(active),
      Delete: () => {
        if (!rows[active]) return;
        if (rows[active].id !== opened) open(active);
        confirmNext = rows[active].id;
        if (shown?.id === confirmNext) confirmDeletion();
      },
    };
    list.addEventListener("keydown", (event) => {
      if (!KEYS[event.key] || event.ctrlKey || event.metaKey || event.altKey) return;
      event.preventDefault();
      KEYS[event.key]();
    });
    list.addEventListener("focus", () => active < 0 && rows.length && point(0));

    function showRows(message) {
      rows = message.rows;
      listFault.clear();
      list.replaceChildren(
        ...rows.map((row, index) =>
          make(
            "div",
            {
              class: "wb-option",
              role: "option",
              id: freshId(),
              "aria-setsize": message.total ?? rows.length,
              "aria-posinset": index + 1,
              on: { click: () => open(index) },
            },
            make("span", { class: "wb-excerpt" }, row.excerpt),
            make("span", { class: "wb-quiet" }, [moment(row.created), row.form, row.outcome === "complete" ? "" : WORDS.outcomes[row.outcome]].filter(Boolean).join(" · ")),
          ),
        ),
      );
      list.hidden = rows.length === 0;
      more.hidden = !message.more;
      const isSearch = message.total === null;
      count.textContent = rows.length
        ? isSearch
          ? WORDS.hits(rows.length, message.more)
          : WORDS.total(rows.length, message.total)
        : isSearch
          ? WORDS.nothing
          : WORDS.empty;
      if (message.unreadable) listFault.show({ message: WORDS.unreadable(message.unreadable), remedy: "" });
      const place = rows.findIndex((row) => row.id === opened);
      active = place;
      if (place >= 0) point(place, { scroll: false });
      else list.removeAttribute("aria-activedescendant");
      if (!shown) rest();
    }

    let shown = null;
    let confirmNext = "";
    let confirmDeletion = () => {};
    const detailFault = faultPlace();

    function showTurn(turn) {
      shown = turn;
      opened = turn.id;
      detailFault.clear();
      const remove = button(WORDS.remove, { kind: "wb-small" });
      const confirmation = make("div", { class: "wb-confirm", hidden: true });
      confirmDeletion = () => {
        const no = button(WORDS.removeNo);
        const yes = button(WORDS.removeYes, { kind: "wb-danger" });
        const end = () => {
          confirmation.hidden = true;
          confirmation.replaceChildren();
          remove.hidden = false;
          list.focus();
        };
        no.addEventListener("click", end);
        yes.addEventListener("click", () => {
          post("delete", { turn: turn.id });
          end();
        });
        const why = make("p", { id: freshId() }, WORDS.confirm);
        confirmation.setAttribute("role", "alertdialog");
        confirmation.setAttribute("aria-label", WORDS.remove);
        confirmation.setAttribute("aria-describedby", why.id);
        confirmation.onkeydown = (event) => {
          if (event.key === "Escape") end();
        };
        confirmation.replaceChildren(why, make("div", { class: "wb-row" }, yes, no));
        confirmation.hidden = false;
        remove.hidden = true;
        no.focus();
      };
      remove.addEventListener("click", () => confirmDeletion());
      const tokens = WORDS.tokens(turn.input_tokens, turn.output_tokens, turn.estimated);
      detail.replaceChildren(
        make(
          "div",
          { class: "wb-row" },
          make("span", { class: "wb-quiet" }, [moment(turn.created), turn.form || WORDS.noForm].join(" · ")),
          make("span", { class: "wb-gap" }),
          remove,
        ),
        confirmation,
        detailFault.node,
        make("div", { class: "wb-verse", role: "group", "aria-label": WORDS.reply }, turn.text),
        make("div", { class: "wb-byline" }, `— ${turn.label}`),
        make("div", { class: "wb-quiet" }, [turn.model, WORDS.outcomes[turn.outcome], tokens].join(" · ")),
        make("div", {}, make("div", { class: "wb-heading" }, WORDS.prompt), make("div", { class: "wb-text" }, turn.prompt)),
        make("div", {}, make("div", { class: "wb-heading" }, WORDS.given), markedText(turn.parts)),
      );
      point(rows.findIndex((row) => row.id === opened), { scroll: false });
      if (confirmNext === turn.id) confirmDeletion();
      confirmNext = "";
    }

    return {
      rows: showRows,
      turn: ({ turn }) => showTurn(turn),
      deleted({ id }) {
        if (shown?.id !== id) return;
        shown = null;
        opened = "";
        detail.replaceChildren(make("p", { class: "wb-quiet", role: "status" }, WORDS.removed));
      },
      error(error) {
        if (error.about === "open" || error.about === "delete") {
          if (error.about === "open") {
            shown = null;
            detail.replaceChildren(detailFault.node);
          }
          detailFault.show(error);
        } else if (error.about === "lock") panel.showFault(error);
        else listFault.show(error);
      },
      close: () => searching.cancel(),
    };
  }

  const closeShelf = () => {
    shelf?.close();
    shelf = null;
  };
  const toShelf = (event) => (message) => shelf?.[event](message);
  panel.on({
    state: (state) => {
      if (state.locked) {
        closeShelf();
        panel.fillLocked();
        return;
      }
      panel.setAside(panel.lockButton());
      shelf ??= openShelf(state);
    },
    rows: toShelf("rows"),
    turn: toShelf("turn"),
    deleted: toShelf("deleted"),
    error: toShelf("error"),
  });
  return () => {
    closeShelf();
    panel.close();
  };
}

export default { render };
