// Sign in; make the first account; come back in with a recovery code. Follows shared.js and new_passphrase.js.

const WORDS = {
  title: "Sign in",
  name: "Name",
  passphrase: "Passphrase",
  newPassphrase: "New passphrase",
  secret: { show: "Show", hide: "Hide" },
  signIn: "Sign in",
  signingIn: "Deriving the key…",
  useCode: "Use a recovery code instead",
  codeTitle: "The second step",
  codeIntro: "Type the six digits that the authenticator app shows now, or one of your recovery codes, which is used up.",
  factorCode: "Code",
  noFactorCode: { message: "The code is missing.", remedy: "Type what the authenticator app shows, or a recovery code." },
  startAgain: "Start again",
  useName: "Sign in with the passphrase instead",
  code: "Recovery code",
  second: "With an authenticator app: its code too, or another recovery code",
  recover: "Sign in and set the new passphrase",
  createTitle: "Create the owner account",
  createIntro:
    "This store is new. Its owner's passphrase makes the key to everything in it: without it, or a recovery code, no one can read the store again.",
  create: "Create the account",
  creating: "Making the keys…",
  noName: { message: "The name is missing.", remedy: "Type the name of the account." },
  noPassphrase: { message: "The passphrase is missing.", remedy: "Type it; Show makes it readable." },
  noCode: { message: "The recovery code is missing.", remedy: "Type one of the ten that you were given." },
  codesTitle: "Your recovery codes",
  codesIntro: "Each opens the account once, if the passphrase is lost. They are shown now and never again: keep them on paper, apart from this machine.",
  drawing: "Or scan them with a phone: they go through no file and no network.",
  copy: "Copy",
  copied: "Copied. The clipboard is not the workbench's: paste, then copy something else.",
  notCopied: "The browser doesn't allow copying here: select the codes, or write them down.",
  kept: "I have kept them",
  signedIn: "Signed in as ",
  signedInHow: "The keys are in this kernel's memory. Lock drops them; so does the end of the kernel.",
};

function render({ model, el }) {
  const panel = openPanel(model, el, { title: WORDS.title, name: "sign-in" });
  const { post, fill, setAside } = panel;
  let showing = "";
  let onFault = panel.showFault;
  let onStrength = () => {};
  let onSuggestion = () => {};
  let onCodeNeeded = () => {};

  // A form that collects its fields, says what is missing, shows that it is busy, and takes errors back.
  function form({ title, intro, fields, submit, busy, send, other }) {
    const fault = faultPlace();
    const go = button(submit, { kind: "wb-go", type: "submit" });
    const status = make("span", { class: "wb-quiet", role: "status" });
    const node = make(
      "form",
      {
        class: "wb-form",
        autocomplete: "off",
        on: {
          submit: (event) => {
            event.preventDefault();
            fault.clear();
            const missing = send();
            if (missing) return fault.show(missing);
            go.disabled = true;
            status.textContent = busy;
          },
        },
      },
      title ? make("strong", { class: "wb-heading" }, title) : null,
      intro ? make("p", { class: "wb-quiet" }, intro) : null,
      ...fields,
      fault.node,
      make("div", { class: "wb-row" }, go, status, make("span", { class: "wb-gap" }), other),
    );
    onFault = (error) => {
      go.disabled = false;
      status.textContent = "";
      fault.show(error);
    };
    return node;
  }

  const nameField = (value) => {
    const input = make("input", { type: "text", ...PRIVATE, maxlength: 64 });
    input.value = value;
    return { node: field(WORDS.name, input), input };
  };

  function freshPassphrase(label, who) {
    const fresh = newPassphrase(label, { post, name: () => ({ name: who.input.value }) });
    ({ onStrength, onSuggestion } = fresh);
    return fresh;
  }

  function showSignIn(name) {
    const who = nameField(name);
    const secret = secretField(WORDS.passphrase, { words: WORDS.secret, managed: "current-password" });
    const send = () => {
      if (!who.input.value.trim()) return WORDS.noName;
      if (!secret.input.value) return WORDS.noPassphrase;
      const account = who.input.value;
      const passphrase = secret.take();
      onCodeNeeded = () => showCode(account, passphrase);
      post("sign_in", { name: account, passphrase });
    };
    const other = make(
      "button",
      { type: "button", class: "wb-plain", on: { click: () => { showRecover(who.input.value); } } },
      WORDS.useCode,
    );
    const hadFocus = fill(
      form({ fields: [who.node, secret.node], submit: WORDS.signIn, busy: WORDS.signingIn, send, other }),
    );
    if (hadFocus) (name ? secret : who).input.focus();
  }

  // The second step, where the account has a second factor. The passphrase stays here until the panel shows another step.
  function showCode(name, passphrase) {
    onCodeNeeded = () => {};
    const code = secretField(WORDS.factorCode, { words: WORDS.secret });
    const send = () => {
      if (!code.input.value.trim()) return WORDS.noFactorCode;
      post("sign_in_with_code", { name, passphrase, code: code.take() });
    };
    const other = make(
      "button",
      { type: "button", class: "wb-plain", on: { click: () => { showSignIn(name); } } },
      WORDS.startAgain,
    );
    const node = form({
      title: WORDS.codeTitle,
      intro: WORDS.codeIntro,
      fields: [code.node],
      submit: WORDS.signIn,
      busy: WORDS.signingIn,
      send,
      other,
    });
    fill(node);
    code.input.focus(); // it is this view that asked
  }

  function showRecover(name) {
    const who = nameField(name);
    const code = secretField(WORDS.code, { words: WORDS.secret });
    const second = secretField(WORDS.second, { words: WORDS.secret });
    const fresh = freshPassphrase(WORDS.newPassphrase, who);
    const send = () => {
      if (!who.input.value.trim()) return WORDS.noName;
      if (!code.input.value.trim()) return WORDS.noCode;
      const { fault, passphrase } = fresh.take();
      if (fault) return fault;
      post("recover", { name: who.input.value, code: code.take(), second: second.take(), passphrase });
    };
    const other = make(
      "button",
      { type: "button", class: "wb-plain", on: { click: () => { showSignIn(who.input.value); } } },
      WORDS.useName,
    );
    const fields = [who.node, code.node, second.node, ...fresh.nodes];
    if (fill(form({ fields, submit: WORDS.recover, busy: WORDS.creating, send, other }))) who.input.focus();
  }

  function showCreate(name) {
    const who = nameField(name);
    const fresh = freshPassphrase(WORDS.passphrase, who);
    const send = () => {
      if (!who.input.value.trim()) return WORDS.noName;
      const { fault, passphrase } = fresh.take();
      if (fault) return fault;
      post("create", { name: who.input.value, passphrase });
    };
    const fields = [who.node, ...fresh.nodes];
    const node = form({
      title: WORDS.createTitle,
      intro: WORDS.createIntro,
      fields,
      submit: WORDS.create,
      busy: WORDS.creating,
      send,
    });
    if (fill(node)) who.input.focus();
  }

  function showCodes(codes, qr) {
    const status = make("span", { class: "wb-quiet", role: "status" });
    const copy = button(WORDS.copy);
    copy.addEventListener("click", async () => {
      try {
        await navigator.clipboard.writeText(codes.join("\n"));
        status.textContent = WORDS.copied;
      } catch {
        status.textContent = WORDS.notCopied;
      }
    });
    const kept = button(WORDS.kept, { kind: "wb-go" });
    kept.addEventListener("click", () => post("kept"));
    const hadFocus = fill(
      make("strong", { class: "wb-heading" }, WORDS.codesTitle),
      make("p", { class: "wb-quiet" }, WORDS.codesIntro),
      make(
        "div",
        { class: "wb-row wb-keep" },
        make("ol", { class: "wb-codes" }, ...codes.map((code) => make("li", {}, make("code", {}, code)))),
        make("figure", {}, drawing(qr, WORDS.drawing), make("figcaption", { class: "wb-quiet" }, WORDS.drawing)),
      ),
      make("div", { class: "wb-row" }, kept, copy, status),
    );
    if (hadFocus) kept.focus();
  }

  function showSignedIn(name) {
    const lock = panel.lockButton();
    const hadFocus = fill(
      make(
        "div",
        { class: "wb-row" },
        make("div", { role: "status" }, WORDS.signedIn, make("strong", {}, name)),
        make("span", { class: "wb-gap" }),
        lock,
      ),
      make("p", { class: "wb-quiet" }, WORDS.signedInHow),
    );
    if (hadFocus) lock.focus();
  }

  panel.on({
    state: (state) => {
      const next = !state.locked ? (state.codes.length ? "codes" : "signed in") : state.empty ? "create" : "sign in";
      if (next === showing) return; // another view asked; what is being typed here stays
      showing = next;
      onFault = panel.showFault;
      onStrength = () => {};
      onSuggestion = () => {};
      onCodeNeeded = () => {};
      if (next === "codes") showCodes(state.codes, state.drawing);
      else if (next === "signed in") showSignedIn(state.name);
      else if (next === "create") showCreate(state.name);
      else showSignIn(state.name);
    },
    strength: (strength) => onStrength(strength),
    suggestion: (suggestion) => onSuggestion(suggestion),
    code_needed: () => onCodeNeeded(),
    error: (error) => {
      onCodeNeeded = () => {}; // and the passphrase with it
      onFault(error);
    },
  });
  return panel.close;
}

export default { render };
