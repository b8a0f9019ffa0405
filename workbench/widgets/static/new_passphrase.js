// A new passphrase, as panels ask for it: typed twice, weighed meanwhile, or drawn by the kernel. Follows shared.js.

const PASSPHRASE_WORDS = {
  again: "Passphrase, once more",
  secret: { show: "Show", hide: "Hide" },
  suggest: "Suggest one",
  suggested: "Six random words, kept nowhere: write them down, or put them into a password manager.",
  strengths: ["Guessed at once", "Very weak", "Weak", "Strong", "Very strong"],
  guesses: (power) => [": some 10", make("sup", {}, String(power)), " guesses"],
  advice: "15 characters or more. Six random words are strong and can be remembered.",
  differ: { message: "The two passphrases differ.", remedy: "Type the same one twice." },
  missing: { message: "The passphrase is missing.", remedy: "Type it; Show makes it readable." },
};

// The panel hands the kernel's answers on: "strength" to onStrength, "suggestion" to onSuggestion.
function newPassphrase(label, { post, name = () => ({}) }) {
  const meter = make("meter", { class: "wb-meter", min: 0, max: 4, value: 0, "aria-hidden": "true" });
  const verdict = make("span", {});
  const reasons = make("ul", { class: "wb-reasons" });
  const said = make(
    "div",
    { class: "wb-strength", role: "status" },
    make("div", { class: "wb-row" }, meter, verdict),
    reasons,
  );
  let suggested = null;
  const empty = () => {
    meter.value = 0;
    verdict.textContent = PASSPHRASE_WORDS.advice;
    reasons.replaceChildren();
  };
  empty();
  const ask = () => {
    if (first.input.value) post("strength", { passphrase: first.input.value, ...name() });
    else empty();
  };
  const weigh = later(ask, 250);
  let isAsked = false; // each view of this panel gets the answer; only the one that asked takes it
  const suggest = make("button", { type: "button", class: "wb-plain", on: { click: () => {
    isAsked = true;
    post("suggest");
  } } }, PASSPHRASE_WORDS.suggest);
  const first = secretField(label, { words: PASSPHRASE_WORDS.secret, managed: "new-password", above: suggest, on: { input: weigh.start } });
  const second = secretField(PASSPHRASE_WORDS.again, { words: PASSPHRASE_WORDS.secret, managed: "new-password" });
  const onSuggestion = ({ passphrase }) => {
    if (!isAsked) return;
    isAsked = false;
    suggested = passphrase;
    first.put(passphrase);
    second.put(passphrase);
    first.input.focus();
    ask();
  };
  const onStrength = ({ score, accepted, guesses, reasons: why }) => {
    if (!first.input.value) return empty();
    meter.value = score;
    const word = accepted ? PASSPHRASE_WORDS.strengths[Math.max(score, 3)] : PASSPHRASE_WORDS.strengths[Math.min(score, 2)];
    verdict.replaceChildren(word, ...(guesses > 0 ? PASSPHRASE_WORDS.guesses(Math.floor(guesses)) : []));
    const told = first.input.value === suggested ? [PASSPHRASE_WORDS.suggested] : why;
    reasons.replaceChildren(...told.map((reason) => make("li", {}, reason)));
  };
  const take = () => {
    weigh.cancel();
    if (first.input.value !== second.input.value) return { fault: PASSPHRASE_WORDS.differ };
    if (!first.input.value) return { fault: PASSPHRASE_WORDS.missing };
    suggested = null;
    second.take();
    empty();
    return { passphrase: first.take() };
  };
  return { nodes: [first.node, said, second.node], take, onStrength, onSuggestion };
}
