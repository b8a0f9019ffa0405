// What the panels share; modules.py puts this file before each panel's own, as one ES module.
// Content comes by custom message and lives in the page only: no trait, no storage, no form that a browser remembers.

const SHARED_WORDS = {
  waiting: "Waiting for the kernel…",
  silent: "The kernel doesn't answer. Wait until its cell has ended, or run the cell of this panel again.",
  broken: (name) => `This panel could not show what it was sent (${name}).`,
  brokenHow: "Reload the page; what was sealed stays.",
  why: ({ kind, rule, confidence }) =>
    `${kind.toLowerCase().replaceAll("_", " ")}, found by the rule “${rule}”, ${Math.round(confidence * 100)} % sure`,
  ended: "The kernel has ended, and the keys with it.",
  endedHow: "Run the notebook's cells again to sign in.",
  lock: "Lock",
  locked: "Locked",
  lockedHow: "Sign in with the panel of bench.sign_in(), and this one opens by itself. If you run that cell again, run this one again too.",
};

const SVG = "http://www.w3.org/2000/svg";
const PATHS = {
  locked: "M4.5 7V5a3.5 3.5 0 0 1 7 0v2h.5a1 1 0 0 1 1 1v5a1 1 0 0 1-1 1H4a1 1 0 0 1-1-1V8a1 1 0 0 1 1-1zm1.5 0h4V5a2 2 0 0 0-4 0z",
  search: "M7 2a5 5 0 0 1 4 8l3 3-1 1-3-3a5 5 0 1 1-3-9zm0 1.5a3.5 3.5 0 1 0 0 7 3.5 3.5 0 0 0 0-7z",
};

// Drawn, not typed: a bare machine has no font with a padlock.
function icon(name) {
  const svg = document.createElementNS(SVG, "svg");
  svg.setAttribute("viewBox", "0 0 16 16");
  svg.setAttribute("class", "wb-icon");
  svg.setAttribute("aria-hidden", "true");
  const path = document.createElementNS(SVG, "path");
  path.setAttribute("d", PATHS[name]);
  path.setAttribute("fill-rule", "evenodd");
  svg.append(path);
  return svg;
}

// A QR code: black on white in every theme, since not every phone reads it otherwise.
function drawing({ size, path: data }, label) {
  const svg = document.createElementNS(SVG, "svg");
  svg.setAttribute("viewBox", `0 0 ${size} ${size}`);
  svg.setAttribute("class", "wb-drawing");
  svg.setAttribute("role", "img");
  svg.setAttribute("aria-label", label);
  svg.setAttribute("shape-rendering", "crispEdges");
  const path = document.createElementNS(SVG, "path");
  path.setAttribute("d", data);
  path.setAttribute("fill", "black");
  svg.append(path);
  return svg;
}

// An element with attributes, listeners ("on") and children; text only ever as text nodes, never as markup.
function make(tag, { on = {}, ...attributes } = {}, ...children) {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (value !== null && value !== undefined && value !== false) node.setAttribute(name, value === true ? "" : value);
  }
  for (const [name, listener] of Object.entries(on)) node.addEventListener(name, listener);
  node.append(...children.filter((child) => child !== null && child !== undefined));
  return node;
}

let made = 0;
const freshId = () => `wb-${(made += 1)}-${Math.random().toString(36).slice(2, 8)}`;

// On every text control. autocomplete=off on the control itself keeps its words out of the browser's session files
// (on a form around it, Firefox writes them all the same); the rest keeps spelling services and add-ons away from them.
const PRIVATE = {
  autocomplete: "off",
  autocapitalize: "off",
  autocorrect: "off",
  spellcheck: "false",
  "data-gramm": "false",
  "data-1p-ignore": "true",
  "data-lpignore": "true",
};

function field(label, control, ...beside) {
  control.id ||= freshId();
  return make("div", { class: "wb-field" }, make("label", { for: control.id }, label), control, ...beside);
}

// A secret is typed unseen and can be shown. `managed` says what password managers may do with it, "current-password" or
// "new-password" (NIST SP 800-63B-4, 3.1.1.2: they SHALL be allowed), and makes it a real password control. Without it, it
// is a text control whose letters are drawn as discs, which no browser offers to save.
// `above` stands at the end of the label's line.
function secretField(label, { words, managed = null, above = null, on = {} }) {
  const masked = managed || !CSS.supports("-webkit-text-security", "disc") ? "password" : "text";
  const welcome = managed ? { autocomplete: managed, "data-1p-ignore": null, "data-lpignore": null } : {};
  const input = make("input", { type: masked, class: "wb-secret", ...PRIVATE, ...welcome, on });
  const keep = (event) => input.classList.contains("wb-secret") && event.preventDefault();
  for (const way of ["copy", "cut", "dragstart"]) input.addEventListener(way, keep);
  const toggle = make("button", { type: "button", class: "wb-plain", "aria-pressed": "false" }, words.show);
  const show = (shown) => {
    input.classList.toggle("wb-secret", !shown);
    input.type = shown ? "text" : masked;
    input.autocomplete = shown ? "off" : (managed ?? "off"); // Chromium spares what was masked once; not every browser may
    toggle.textContent = shown ? words.hide : words.show;
    toggle.setAttribute("aria-pressed", String(shown));
  };
  toggle.addEventListener("click", () => show(input.classList.contains("wb-secret")));
  input.id = freshId();
  const node = make(
    "div",
    { class: "wb-field" },
    make("div", { class: "wb-label" }, make("label", { for: input.id }, label), above),
    make("div", { class: "wb-with" }, input, toggle),
  );
  const put = (value) => {
    show(true);
    input.value = value;
  };
  const take = () => {
    const value = input.value;
    input.value = "";
    show(false);
    return value;
  };
  return { node, input, put, take };
}

function button(label, { kind = "", ...attributes } = {}) {
  return make("button", { type: "button", class: `wb-button ${kind}`, ...attributes }, label);
}

// The place beside a control where its error appears, with what to do about it.
function faultPlace() {
  const node = make("div", { class: "wb-fault", role: "alert", hidden: true });
  const clear = () => {
    node.hidden = true;
    node.replaceChildren();
  };
  const show = ({ message, remedy }) => {
    node.replaceChildren(make("strong", {}, message), " ", remedy);
    node.hidden = false;
  };
  return { node, show, clear };
}

function later(action, milliseconds) {
  let timer = null;
  const cancel = () => {
    clearTimeout(timer);
    timer = null;
  };
  const start = () => {
    cancel();
    timer = setTimeout(() => {
      timer = null;
      action();
    }, milliseconds);
  };
  return { start, cancel, isWaiting: () => timer !== null };
}

function moment(iso) {
  return new Date(iso).toLocaleString("en-GB", { dateStyle: "medium", timeStyle: "short" });
}

// Minimised text with its placeholders marked, and below it what each stands for and which rule found it.
function markedText(parts) {
  const reasons = new Map();
  const pieces = parts.map((part) => {
    if (!part.kind) return part.text;
    reasons.set(part.text, SHARED_WORDS.why(part));
    return make("mark", { class: "wb-mark", title: SHARED_WORDS.why(part) }, part.text);
  });
  const items = [...reasons].map(([name, why]) => make("li", {}, make("code", {}, name), ` ${why}`));
  return make(
    "div",
    { class: "wb-marked" },
    make("div", { class: "wb-text" }, ...pieces),
    items.length ? make("ul", { class: "wb-found" }, ...items) : null,
  );
}

// A panel's frame: its title bar, a body that is filled anew when the state asks for it, and the channel to the kernel.
// The view asks first ("ready") and the kernel answers with its state, so that a reload of the page loses nothing.
function openPanel(model, host, { title, name }) {
  const listeners = {};
  const label = make("strong", { class: "wb-title" }, title);
  const aside = make("span", { class: "wb-aside" });
  const body = make("div", { class: "wb-body" }, make("p", { class: "wb-quiet", role: "status" }, SHARED_WORDS.waiting));
  const root = make(
    "section",
    { class: `wb wb-${name} notranslate`, "aria-label": title, translate: "no", "data-lm-suppress-shortcuts": "true" },
    make("header", { class: "wb-bar" }, label, aside),
    body,
  );
  root.addEventListener("keydown", (event) => event.stopPropagation()); // JupyterLab would run or insert cells

  // For an error without a control beside it.
  const showFault = (error) => {
    const fault = faultPlace();
    fault.show(error);
    body.prepend(fault.node);
  };
  const post = (action, parts = {}) => model.send({ action, ...parts });
  // JupyterLab opens the side road for a panel's messages (a subshell) while the first ones are already sent; those wait
  // for a running cell. So the view asks again, at growing intervals, until it is answered.
  let asking = null;
  const ask = (pause) => {
    post("ready");
    if (pause > 8000) body.firstChild.textContent = SHARED_WORDS.silent;
    asking = setTimeout(() => ask(pause * 2), pause);
  };
  const receive = (message) => {
    clearTimeout(asking);
    try {
      listeners[message.event]?.(message);
    } catch (error) {
      showFault({ message: SHARED_WORDS.broken(error.name), remedy: SHARED_WORDS.brokenHow });
    }
  };
  // The keys went with the kernel; what it had shown goes too. Were it still there after all, it would answer.
  const lost = () => {
    clearTimeout(asking);
    listeners.state?.({ locked: true, name: "", empty: false, codes: [] });
    body.replaceChildren(); // no form either: a passphrase would go nowhere
    showFault({ message: SHARED_WORDS.ended, remedy: SHARED_WORDS.endedHow });
    post("ready");
  };
  model.on("msg:custom", receive);
  model.on("comm_live_update", lost); // when the kernel ends or restarts
  host.append(root);

  const lockButton = () =>
    make("button", { type: "button", class: "wb-button wb-small", on: { click: () => post("lock") } }, icon("locked"), SHARED_WORDS.lock);

  return {
    root,
    post,
    showFault,
    on: (events) => {
      Object.assign(listeners, events);
      ask(500); // ms
    },
    fill: (...children) => {
      const hadFocus = root.contains(document.activeElement);
      body.replaceChildren(...children);
      return hadFocus;
    },
    setAside: (...children) => aside.replaceChildren(...children),
    lockButton,
    fillLocked: () => {
      aside.replaceChildren();
      body.replaceChildren(
        make(
          "div",
          { class: "wb-locked", role: "status" },
          icon("locked"),
          make("div", {}, make("strong", {}, SHARED_WORDS.locked), make("p", {}, SHARED_WORDS.lockedHow)),
        ),
      );
    },
    close: () => {
      clearTimeout(asking);
      model.off("msg:custom", receive);
      model.off("comm_live_update", lost);
      root.remove();
    },
  };
}
