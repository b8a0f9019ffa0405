// One's own account: what happened, who is in, ways in, what others ask. Follows shared.js and new_passphrase.js.

const WORDS = {
  title: "Account",
  signedInAs: "Signed in as ",
  looking: "Looking…",
  again: "Look again",
  alerts: "Something looks wrong",
  alertsHow: "If this wasn't you, use “This wasn't me” below.",
  notices: "What others did",
  by: (sender) => `by account ${sender}`,
  dismiss: "Dismiss",
  requests: "You are asked to approve",
  approve: "Approve",
  decline: "Decline",
  sessions: "Where you are signed in",
  thisOne: "this session",
  seen: (first, last) => `since ${first}, last used ${last}`,
  end: "End",
  endOthers: "End all others",
  ways: "Ways in",
  passphrase: "Passphrase",
  passphraseHow: "It never expires. Change it when somebody may know it.",
  change: "Change",
  newPassphrase: "New passphrase",
  totp: "Second factor",
  totpStates: {
    off: "No authenticator app. One protects you where somebody learns your passphrase.",
    on: (since) => `Authenticator app, since ${since}.`,
    disabled: "The authenticator app was disabled after a hundred wrong codes. Enrol it anew.",
  },
  device: (bound) =>
    bound
      ? "This device's secret is a factor too: a copy of the store alone opens nothing."
      : "No device's secret is needed: a copy of the store opens with the passphrase alone.",
  enrol: "Set up an app",
  enrolAnew: "Set up another app",
  remove: "Remove",
  codes: "Recovery codes",
  codesLeft: (count) => `${count} of 10 left.${count < 3 ? " Make new ones soon." : ""}`,
  newCodes: "Make new ones",
  readers: "Who can read your records",
  reads: ({ kind, roles, alone }) => `your ${kind}; ${roles}${alone ? "" : ", only together with a second person"}`,
  activity: "What happened",
  activityHow: "The last 90 days are in session.activity().",
  last: { export: "Last export", erasure: "Last erasure" },
  never: "never",
  software: "Is the software up to date?",
  states: { pass: "Yes", warn: "Soon not", fail: "No", unknown: "Not known" },
  notMe: "This wasn't me",
  notMeHow:
    "Ends every other session, and makes a new passphrase, a new root key and new recovery codes. Your records stay.",
  notMeDo: "End everything else and change",
  current: "Your passphrase",
  code: "Code of your app, or a recovery code",
  currentCode: "Code of the app that is replaced, or a recovery code",
  secret: { show: "Show", hide: "Hide" },
  cancel: "Cancel",
  go: { end: "End that session", endOthers: "End all others", change: "Change the passphrase", codes: "Make new codes", remove: "Remove the app", approve: "Approve exactly this" },
  busy: "Working…",
  done: {
    sessions: "Ended.",
    passphrase: "The passphrase was changed.",
    codes: "",
    enrol: "",
    totp: "Done.",
    notices: "",
    requests: "Done.",
    not_me: "Everything else was ended, and every way in is new.",
  },
  appTitle: "Set up an authenticator app",
  appHow: "Scan this with the app, or type the secret in. Then type the six digits that it shows.",
  appSecret: "Secret",
  appCode: "The six digits",
  appGo: "They match: switch it on",
  codesTitle: "Your new recovery codes",
  codesIntro: "Those of before open nothing any more. These are shown now and never again: keep them on paper, apart from this machine.",
  codesDrawing: "Or scan them with a phone: they go through no file and no network.",
  kept: "I have kept them",
};

function render({ model, el }) {
  const panel = openPanel(model, el, { title: WORDS.title, name: "account" });
  const { post } = panel;
  let account = null;
  let state = { locked: true };
  let openForm = null; // what is being filled in; it stays while the account is looked at again
  let onFault = panel.showFault;
  let onStrength = () => {};
  let onSuggestion = () => {};
  const said = make("p", { class: "wb-quiet", role: "status" });
  const say = (words) => {
    said.textContent = words;
    said.hidden = !words;
  };
  say("");

  const section = (title, ...children) =>
    make("section", { class: "wb-section", "aria-label": title }, make("h3", { class: "wb-heading" }, title), ...children);
  const line = (main, quiet, ...actions) =>
    make(
      "li",
      { class: "wb-line" },
      make("span", { class: "wb-line-name" }, main),
      make("span", { class: "wb-line-words wb-quiet" }, quiet ?? ""),
      ...actions,
    );
  const lines = (items) => make("ul", { class: "wb-lines" }, ...items);
  const small = (label, click, kind = "wb-small") => button(label, { kind, on: { click } });

  // A form that proves who asks, opened below the button that asks for it.
  function prove({ fields = [], submit, codeLabel = WORDS.code, send, danger = false, withCode = account?.factors.totp !== "off" }) {
    const current = secretField(WORDS.current, { words: WORDS.secret, managed: "current-password" });
    const code = make("input", { type: "text", inputmode: "text", ...PRIVATE, maxlength: 40 });
    const fault = faultPlace();
    const go = button(submit, { kind: danger ? "wb-danger" : "wb-go", type: "submit" });
    const status = make("span", { class: "wb-quiet", role: "status" });
    const close = () => {
      openForm = null;
      onFault = panel.showFault;
      onStrength = onSuggestion = () => {};
      show();
    };
    const node = make(
      "form",
      {
        class: "wb-form wb-proof",
        autocomplete: "off",
        on: {
          submit: (event) => {
            event.preventDefault();
            fault.clear();
            const problem = send({ current, code });
            if (problem) return fault.show(problem);
            go.disabled = true;
            status.textContent = WORDS.busy;
          },
          keydown: (event) => event.key === "Escape" && close(),
        },
      },
      ...fields,
      current.node,
      withCode ? field(codeLabel, code) : null,
      fault.node,
      make("div", { class: "wb-row" }, go, small(WORDS.cancel, close, ""), status),
    );
    onFault = (error) => {
      go.disabled = false;
      status.textContent = "";
      fault.show(error);
    };
    const first = () => (node.querySelector("input") ?? go).focus();
    return { node, first, close };
  }

  const proofOf = ({ current, code }) => {
    const parts = { passphrase: current.take(), code: code.value.trim() };
    code.value = "";
    return parts;
  };
  const begin = (at, make_) => () => {
    openForm = { at, form: make_() };
    show();
    openForm.form.first();
  };
  const formAt = (at) => (openForm?.at === at ? openForm.form.node : null);

  function freshForm(at, submit, action, danger = false) {
    return begin(at, () => {
      const fresh = newPassphrase(WORDS.newPassphrase, { post });
      const form = prove({
        fields: fresh.nodes,
        submit,
        danger,
        send: (parts) => {
          const { fault, passphrase } = fresh.take();
          if (fault) return fault;
          post(action, { ...proofOf(parts), new: passphrase });
        },
      });
      ({ onStrength, onSuggestion } = fresh);
      return form;
    });
  }

  const plainForm = (at, submit, action, more = {}) =>
    begin(at, () => prove({ submit, send: (parts) => void post(action, { ...proofOf(parts), ...more }) }));

  // Ending sessions takes one factor, the passphrase (ASVS 7.5.2).
  const endForm = (at, submit, action, more = {}) =>
    begin(at, () =>
      prove({ submit, withCode: false, send: ({ current }) => void post(action, { passphrase: current.take(), ...more }) }),
    );

  function alerts() {
    if (!account.alerts.length) return null;
    return make(
      "div",
      { class: "wb-fault", role: "alert" },
      make("strong", {}, WORDS.alerts),
      lines(account.alerts.map((alert) => line(moment(alert.time), alert.text))),
      make("p", {}, WORDS.alertsHow),
    );
  }

  function asked() {
    if (!account.requests.length) return null;
    return section(
      WORDS.requests,
      lines(
        account.requests.map((request) =>
          line(
            request.what,
            `${request.facts}; ${WORDS.by(request.requester)}`,
            small(WORDS.approve, plainForm(`request ${request.id}`, WORDS.go.approve, "approve", { request: request.id })),
            small(WORDS.decline, () => post("decline", { request: request.id })),
          ),
        ),
      ),
      ...account.requests.map((request) => formAt(`request ${request.id}`)),
    );
  }

  function notices() {
    if (!account.notices.length) return null;
    return section(
      WORDS.notices,
      lines(
        account.notices.map((notice) =>
          line(
            moment(notice.time),
            [notice.what, notice.facts, WORDS.by(notice.sender)].filter(Boolean).join("; "),
            small(WORDS.dismiss, () => post("dismiss", { notice: notice.id })),
          ),
        ),
      ),
    );
  }

  function sessions() {
    const others = account.sessions.filter((one) => !one.is_this);
    return section(
      WORDS.sessions,
      lines(
        account.sessions.map((one) =>
          line(
            one.device,
            `${one.is_this ? `${WORDS.thisOne}, ` : ""}${WORDS.seen(moment(one.first), moment(one.last))}`,
            one.is_this ? null : small(WORDS.end, endForm(`session ${one.id}`, WORDS.go.end, "end_session", { session: one.id })),
          ),
        ),
      ),
      others.length > 1 ? make("div", { class: "wb-row" }, small(WORDS.endOthers, endForm("others", WORDS.go.endOthers, "end_others"))) : null,
      ...others.map((one) => formAt(`session ${one.id}`)),
      formAt("others"),
    );
  }

  function ways() {
    const { totp, since, codes, device } = account.factors;
    const told = WORDS.totpStates[totp];
    return section(
      WORDS.ways,
      lines([
        line(WORDS.passphrase, WORDS.passphraseHow, small(WORDS.change, freshForm("passphrase", WORDS.go.change, "change_passphrase"))),
        line(
          WORDS.totp,
          `${typeof told === "function" ? told(moment(since)) : told} ${WORDS.device(device)}`,
          small(totp === "off" ? WORDS.enrol : WORDS.enrolAnew, () => post("enrol")),
          totp === "off" ? null : small(WORDS.remove, plainForm("totp", WORDS.go.remove, "remove")),
        ),
        line(WORDS.codes, WORDS.codesLeft(codes), small(WORDS.newCodes, plainForm("codes", WORDS.go.codes, "new_codes"))),
      ]),
      formAt("passphrase"),
      formAt("totp"),
      formAt("codes"),
    );
  }

  function readers() {
    if (!account.readers.length) return null;
    return section(WORDS.readers, lines(account.readers.map((one) => line(`account ${one.account}`, WORDS.reads(one)))));
  }

  function activity() {
    const { last } = account;
    const ended = Object.entries(WORDS.last).map(([name, words]) => `${words}: ${last[name] ? moment(last[name]) : WORDS.never}.`);
    return section(
      WORDS.activity,
      lines(account.activity.map((one) => line(moment(one.time), one.what))),
      make("p", { class: "wb-quiet" }, `${ended.join(" ")} ${WORDS.activityHow}`),
    );
  }

  function software() {
    const count = (state) => account.software.filter((one) => one.state === state).length;
    const isCalm = count("warn") + count("fail") === 0;
    return section(
      WORDS.software,
      make(
        "details",
        { open: !isCalm },
        make("summary", {}, Object.keys(WORDS.states).filter(count).map((state) => `${WORDS.states[state]}: ${count(state)}`).join(" · ")),
        lines(account.software.map((one) => line(`${one.name}: ${WORDS.states[one.state].toLowerCase()}`, one.detail))),
      ),
    );
  }

  function notMe() {
    return section(
      WORDS.notMe,
      make("p", { class: "wb-quiet" }, WORDS.notMeHow),
      formAt("not me") ??
        make("div", { class: "wb-row" }, button(WORDS.notMe, { kind: "wb-danger", on: { click: freshForm("not me", WORDS.notMeDo, "not_me", true) } })),
    );
  }

  function app() {
    const code = make("input", { type: "text", inputmode: "numeric", ...PRIVATE, maxlength: 12 });
    const form = prove({
      fields: [field(WORDS.appCode, code)],
      submit: WORDS.appGo,
      codeLabel: WORDS.currentCode,
      send: ({ current, code: old }) => {
        post("activate", { passphrase: current.take(), code: code.value.trim(), current: old.value.trim() });
        code.value = "";
      },
    });
    panel.fill(
      make("strong", { class: "wb-heading" }, WORDS.appTitle),
      make("p", { class: "wb-quiet" }, WORDS.appHow),
      make(
        "div",
        { class: "wb-row wb-keep" },
        make("figure", {}, drawing(state.totp.drawing, WORDS.appTitle), make("figcaption", { class: "wb-quiet" }, WORDS.appSecret, ": ", make("code", {}, state.totp.secret))),
        form.node,
      ),
    );
    form.node.querySelector("button:not(.wb-go):not(.wb-plain)").addEventListener("click", () => post("forget"));
    code.focus();
  }

  function freshCodes() {
    const kept = button(WORDS.kept, { kind: "wb-go", on: { click: () => post("kept") } });
    panel.fill(
      make("strong", { class: "wb-heading" }, WORDS.codesTitle),
      make("p", { class: "wb-quiet" }, WORDS.codesIntro),
      make(
        "div",
        { class: "wb-row wb-keep" },
        make("ol", { class: "wb-codes" }, ...state.codes.map((code) => make("li", {}, make("code", {}, code)))),
        make("figure", {}, drawing(state.drawing, WORDS.codesDrawing), make("figcaption", { class: "wb-quiet" }, WORDS.codesDrawing)),
      ),
      make("div", { class: "wb-row" }, kept),
    );
    kept.focus();
  }

  function show() {
    if (state.locked) {
      account = openForm = null;
      return panel.fillLocked();
    }
    panel.setAside(small(WORDS.again, () => post("look")), panel.lockButton());
    if (state.codes.length) return freshCodes();
    if (state.totp) return app();
    if (!account) return panel.fill(make("p", { class: "wb-quiet", role: "status" }, WORDS.looking));
    panel.fill(
      make("p", {}, WORDS.signedInAs, make("strong", {}, account.name), make("span", { class: "wb-quiet" }, ` · ${account.roles.join(", ")}`)),
      said,
      ...[alerts(), asked(), notices(), ways(), sessions(), readers(), activity(), software(), notMe()].filter(Boolean),
    );
  }

  const isTyping = () => openForm !== null || state.totp;
  panel.on({
    state: (next) => {
      const changed = ["locked", "codes", "totp"].some((name) => JSON.stringify(next[name]) !== JSON.stringify(state[name]));
      state = next;
      if (changed || !account) show();
    },
    account: (next) => {
      account = next;
      if (!isTyping() && !state.codes.length) show(); // what is being typed stays
    },
    strength: (strength) => onStrength(strength),
    suggestion: (suggestion) => onSuggestion(suggestion),
    done: ({ about }) => {
      say(WORDS.done[about] ?? "");
      openForm = null;
      onFault = panel.showFault;
      onStrength = onSuggestion = () => {};
    },
    error: (error) => onFault(error),
  });
  return panel.close;
}

export default { render };
