// Keeps an open chat as its tenant is now: name, colours, pictures, settings, and whether it may be used at all.
//
// One connection a browser: the tab that holds the lock "live" listens to the server and passes what it hears to the
// others. What is said is how the tenant is, never how it came to be so; hearing the same twice changes nothing.
// Chainlit's page keeps its settings in React, out of reach from outside; `setterOf` finds its own way to change them,
// and where that way is gone (another frontend, a new version) the page offers to load anew.
(() => {
  "use strict";

  const EVENTS = "/_live/events";
  const USE = "/_live/use";
  const SOON = 250; // milliseconds over which many pages spread what they ask after one change
  const LONGEST_PAUSE = 15_000;
  const LOGIN = /\/login(\/callback)?$/;

  // A browser that gives frames of other sites no storage throws at the word; the page then keeps things while it is open.
  class Memory {
    #kept = new Map();
    get length() { return this.#kept.size; }
    key(index) { return [...this.#kept.keys()][index] ?? null; }
    getItem(name) { return this.#kept.get(String(name)) ?? null; }
    setItem(name, value) { this.#kept.set(String(name), String(value)); }
    removeItem(name) { this.#kept.delete(String(name)); }
    clear() { this.#kept.clear(); }
  }

  let shown = JSON.parse(document.currentScript.dataset.live);
  // A preview shows what somebody types on the settings page. All its addresses begin with this; elsewhere it is empty.
  const { prefix = "" } = shown;
  const opened = location.href;

  for (const storage of ["localStorage", "sessionStorage"]) {
    let isKept = prefix === ""; // what is tried in a preview is no choice for the chat itself
    try {
      void window[storage].length;
    } catch {
      isKept = false;
    }
    if (!isKept) Object.defineProperty(window, storage, { value: new Memory() });
  }
  const theme = new URLSearchParams(location.search).get("theme");
  if (prefix && ["light", "dark"].includes(theme)) localStorage.setItem("vite-ui-theme", theme);

  let title = document.title;
  let settingsAddress = null;

  // --- the server's word ---------------------------------------------------------------------------------------------

  function receive({ kind, said }) {
    if (kind === "state") {
      if (said.revision < shown.revision) return; // a process that has not heard of the newest yet
      uncover();
      show(said);
    } else {
      cover(said.title, said.message);
    }
  }

  function show(next) {
    const previous = shown;
    shown = next = { ...previous, ...next }; // of a tenant whose app does not run little is said
    if (next.theme) showTheme(next.theme);
    showName(next.name);
    if (next.logo !== previous.logo) showAnew(/^\/logo$/, next.logo);
    if (next.favicon !== previous.favicon) {
      showAnew(/^\/favicon$/, next.favicon);
      if (next.icons) showIcons(next.icons, next.favicon);
    }
    // Authors without a picture of their own have the favicon.
    if (`${next.favicon}${next.avatars}` !== `${previous.favicon}${previous.avatars}`) {
      showAnew(/^\/avatars\//, `${next.favicon}${next.avatars}`);
    }
    if (next.fonts !== previous.fonts && "fontFaces" in next) showFonts(next.fontFaces);
    if (next.stylesheet !== previous.stylesheet && "sheet" in next) showStylesheet(next.sheet, next.stylesheet);
    if (next.script !== previous.script) reloadAtNewChat(next.script);
    showAlts();
    markSignIn();
    if (next.app !== previous.app) offerReload(next.app);
    else if (prefix && next.opening !== previous.opening) offerReload(`opening ${next.opening}`);
    else if (next.access !== previous.access) judgeAccess(previous);
    else if (next.ended !== previous.ended) judgeAccess(null);
    else if (prefix) refreshSettings();
    else if (next.revision !== previous.revision) setTimeout(refreshSettings, Math.random() * SOON);
  }

  // --- what can be shown at once -------------------------------------------------------------------------------------

  function showName(name) {
    if (document.title === title) document.title = name; // a title that the app's own script set stays
    title = name;
  }

  function showTheme(theme) {
    if (JSON.stringify(theme) === JSON.stringify(window.theme)) return;
    const root = document.documentElement;
    const variant = root.classList.contains("dark") ? "dark" : "light";
    for (const name of Object.keys(window.theme?.[variant] ?? {})) root.style.removeProperty(name);
    for (const [name, value] of Object.entries(theme[variant] ?? {})) root.style.setProperty(name, value);
    window.theme = theme; // Chainlit reads it when the theme is switched
  }

  function showIcons(icons, mark) {
    document.querySelectorAll("link[rel=icon], link[rel=apple-touch-icon]").forEach((link) => link.remove());
    for (const icon of icons) {
      const link = document.createElement("link");
      for (const [name, value] of Object.entries(icon)) link.setAttribute(name, value);
      if (icon.href.startsWith("/favicon")) link.href = marked(icon.href, mark);
      document.head.append(link);
    }
  }

  function showFonts(faces) {
    const style = document.getElementById("brand-fonts") ?? document.createElement("style");
    style.id = "brand-fonts";
    style.textContent = faces;
    if (!style.isConnected) document.head.append(style);
  }

  // The old one stays until the new one is there, so that nothing is ever seen without either.
  function showStylesheet(sheet, mark) {
    const old = document.getElementById("brand-stylesheet");
    if (!sheet) {
      old?.remove();
      return;
    }
    const link = document.createElement("link");
    Object.assign(link, { rel: "stylesheet", href: sheet.href });
    if (sheet.integrity) Object.assign(link, { integrity: sheet.integrity, crossOrigin: "anonymous" });
    link.addEventListener("load", () => {
      old?.remove();
      link.id = "brand-stylesheet";
    });
    link.addEventListener("error", () => {
      link.remove();
      offerReload(`stylesheet ${mark}`); // the policy of this page may not know where the new one is
    });
    if (old) old.after(link);
    else document.head.append(link);
  }

  // An address that stays the same is not asked for again while the page lives; a mark in its query makes it another.
  const renewed = new Map();

  let isWatching = false;

  function showAnew(path, mark) {
    renewed.set(path.source, [path, mark]);
    watchPictures();
  }

  function watchPictures() {
    document.querySelectorAll("img").forEach(renew);
    if (isWatching) return;
    isWatching = true;
    const options = { subtree: true, childList: true, attributes: true, attributeFilter: ["src"] };
    new MutationObserver((records) => records.forEach(renewAdded)).observe(document.documentElement, options); // there may be no body yet
  }

  // Chainlit's page has one word for every logo; the tenant may have said what is to be seen on its own.
  function showAlts() {
    if (Object.keys(shown.alts ?? {}).length) watchPictures();
  }

  function altOf(url) {
    for (const [address, alt] of Object.entries(shown.alts ?? {})) {
      const named = new URL(address, location.href);
      const isNamed = named.origin === url.origin && named.pathname === pathOf(url);
      if (isNamed && named.searchParams.get("theme") === url.searchParams.get("theme")) return alt;
    }
    return undefined;
  }

  function renewAdded({ type, target, addedNodes }) {
    if (type === "attributes") renew(target);
    for (const node of addedNodes) {
      if (node.nodeType !== Node.ELEMENT_NODE) continue;
      if (node.matches("img")) renew(node);
      node.querySelectorAll("img").forEach(renew);
    }
  }

  function renew(image) {
    if (!(image instanceof HTMLImageElement) || !/^https?:/.test(image.src)) return;
    const alt = altOf(new URL(image.src));
    if (alt !== undefined && image.alt !== alt) image.alt = alt;
    if (!image.src.startsWith(`${location.origin}/`)) return;
    for (const [path, mark] of renewed.values()) {
      if (!path.test(pathOf(new URL(image.src)))) continue;
      const address = marked(image.src, mark);
      if (address !== image.src) image.src = address;
    }
  }

  // Return the path of an address of this page as it would be without a preview's prefix.
  function pathOf({ pathname }) {
    return pathname.startsWith(`${prefix}/`) ? pathname.slice(prefix.length) : pathname;
  }

  function marked(address, mark) {
    const url = new URL(address, location.href);
    url.searchParams.set("live", mark);
    return url.href;
  }

  // --- what is asked for anew, as this person --------------------------------------------------------------------------

  async function refreshSettings() {
    try {
      if (LOGIN.test(location.pathname)) setterOf("AuthConfig")?.(await ask("/auth/config"));
      if (settingsAddress === null) return; // not asked for yet: the page will have the newest
      const setSettings = setterOf("ChainlitConfig");
      if (setSettings) setSettings(await ask(settingsAddress));
      else offerReload(`settings ${shown.revision}`);
    } catch (error) {
      console.info("Settings will be as they are now when the page is opened anew.", error);
    }
  }

  // Where nothing but somebody's sign-in was ended (`previous` is null), whoever is still signed in sees nothing of it.
  async function judgeAccess(previous) {
    const [auth, user] = await Promise.all([ask("/auth/config"), ask("/user").catch(() => null)]).catch(() => []);
    if (!auth) return;
    if (auth.requireLogin && !user) {
      const setUser = setterOf("User");
      const setAuth = setterOf("AuthConfig");
      if (!setUser || !setAuth) {
        if (!LOGIN.test(location.pathname)) location.assign(`${prefix}/login`);
        return;
      }
      setAuth(auth);
      setUser(null); // Chainlit's page then goes to its sign-in by itself
    } else if (LOGIN.test(location.pathname)) {
      setterOf("AuthConfig")?.(auth);
    } else if (previous && !previous.access.startsWith("anonymous")) {
      offerReload(shown.access); // whose chat this was no longer counts: it begins anew
    }
  }

  async function ask(address) {
    const whole = address.startsWith("/") ? prefix + address : address;
    const answer = await fetch(whole, { credentials: "same-origin", headers: { accept: "application/json" } });
    if (!answer.ok) throw new Error(`${address} was answered ${answer.status}`);
    return answer.json();
  }

  // Which chat profile the page asked its settings for last is in the address it asked.
  new PerformanceObserver((list) => {
    for (const { name } of list.getEntries()) {
      if (pathOf(new URL(name)) === "/project/settings") settingsAddress = name;
    }
  }).observe({ type: "resource", buffered: true });

  // Return the function by which Chainlit's page sets one of its Recoil atoms, or undefined. It is kept by the hook
  // `useSetRecoilState` of a mounted component: React has it as [function, dependencies], the second being the atom.
  function setterOf(key) {
    const root = document.getElementById("root");
    const container = root && Object.keys(root).find((name) => name.startsWith("__reactContainer$"));
    const waiting = [container && root[container]?.stateNode?.current];
    for (let visited = 0; waiting.length && visited < 20_000; visited++) {
      const fiber = waiting.pop();
      if (!fiber) continue;
      for (let hook = fiber.memoizedState; hook && typeof hook === "object" && "next" in hook; hook = hook.next) {
        const [set, dependencies] = Array.isArray(hook.memoizedState) ? hook.memoizedState : [];
        const isSetter = typeof set === "function" && set.length === 1 && dependencies?.length === 2;
        if (isSetter && dependencies[1]?.key === key) return set;
      }
      waiting.push(fiber.sibling, fiber.child);
    }
    return undefined;
  }

  // --- what the person sees of it --------------------------------------------------------------------------------------

  let curtain = null;

  function cover(heading, message) {
    if (!curtain) {
      curtain = element("dialog", {
        position: "fixed", inset: "0", width: "100vw", height: "100dvh", maxWidth: "none", maxHeight: "none",
        margin: "0", padding: "1.5rem", border: "0", outline: "none", display: "grid", placeItems: "center", zIndex: "2147483647",
        background: "hsl(var(--background, 0 0% 100%))", color: "hsl(var(--foreground, 0 0% 5%))",
        fontFamily: "var(--font-sans, system-ui)",
      });
      curtain.id = "live-notice";
      curtain.addEventListener("cancel", (event) => event.preventDefault());
      curtain.addEventListener("close", () => curtain?.isConnected && curtain.showModal());
      const card = element("div", {
        boxSizing: "border-box", width: "100%", maxWidth: "32rem", padding: "2rem", lineHeight: "1.6",
        background: "hsl(var(--card, 0 0% 100%))", border: "1px solid hsl(var(--border, 0 0% 88%))",
        borderRadius: "0.75rem",
      });
      card.append(element("h1", { fontSize: "1.375rem", fontWeight: "600" }), element("p", { marginTop: "0.5rem" }));
      curtain.append(card);
      document.body.append(curtain);
      curtain.showModal();
    }
    curtain.querySelector("h1").textContent = heading;
    curtain.querySelector("p").textContent = message;
  }

  function uncover() {
    curtain?.remove();
    curtain = null;
  }

  // Load anew where nothing is lost by it, and once for one reason; else say that it is time to.
  function offerReload(reason) {
    if (isIdle() && isFirst(reason)) {
      loadAnew();
      return;
    }
    if (document.getElementById("live-update")) return;
    const bar = element("div", {
      position: "fixed", bottom: "1rem", left: "50%", transform: "translateX(-50%)", zIndex: "2147483646",
      display: "flex", gap: "1rem", alignItems: "center", maxWidth: "calc(100vw - 2rem)", padding: "0.5rem 0.75rem",
      borderRadius: "0.5rem", background: "hsl(var(--foreground, 0 0% 5%))",
      color: "hsl(var(--background, 0 0% 100%))", font: "500 0.875rem/1.5 var(--font-sans, system-ui)",
      boxShadow: "0 4px 16px rgb(0 0 0 / 0.2)",
    });
    bar.id = "live-update";
    bar.setAttribute("role", "status");
    const button = element("button", { textDecoration: "underline", font: "inherit", color: "inherit" });
    button.textContent = "Reload";
    button.addEventListener("click", loadAnew);
    bar.append("This chat was updated.", button);
    document.body.append(bar);
  }

  function loadAnew() {
    if (prefix) location.replace(opened); // Chainlit's page may have moved on from where its theme is named
    else location.reload();
  }

  // What a script did cannot be taken back. The page loads anew where a new chat begins anyway, or where nobody looks.
  let outdatedBy = null;

  function reloadAtNewChat(reason) {
    const isWaiting = outdatedBy !== null;
    outdatedBy = reason;
    if (isWaiting) return;
    let hasTalked = false;
    const look = () => {
      if (isTalking()) hasTalked = true;
      else if ((hasTalked || document.hidden) && isIdle() && isFirst(`script ${outdatedBy}`)) loadAnew();
    };
    new MutationObserver(look).observe(document.documentElement, { subtree: true, childList: true });
    document.addEventListener("visibilitychange", look);
    look();
  }

  function isTalking() {
    return document.querySelector("[data-step-type]") !== null;
  }

  function isFirst(reason) {
    try {
      const isNew = sessionStorage.getItem("live-reload") !== reason;
      sessionStorage.setItem("live-reload", reason);
      return isNew;
    } catch {
      return false; // what cannot be remembered could go on for ever
    }
  }

  function isIdle() {
    const input = document.getElementById("chat-input");
    const isWriting = (input?.value ?? input?.textContent ?? "").trim() !== "";
    const isBusy = document.querySelector("#stop-button, [data-step-type], [role=dialog], #attachments");
    return !isWriting && !isBusy;
  }

  function element(tag, style) {
    const made = document.createElement(tag);
    Object.assign(made.style, style);
    return made;
  }

  // --- Chainlit's sign-in, where members sign in -----------------------------------------------------------------------

  // It has no place for links, of one way to sign in before another it knows nothing, and its words are React's. The
  // words that this page needs come with the others, in the same language.
  let words = { forgotten: "Forgot your password?", create: "Create an account" };

  function markSignIn() {
    const said = shown.access?.startsWith("members") ? ["members", ...(shown.providersFirst ? ["providers-first"] : [])] : [];
    document.documentElement.dataset.signIn = said.join(" ");
    offerLinks();
  }

  function offerLinks() {
    if (!LOGIN.test(location.pathname)) return;
    const offered = document.documentElement.dataset.signIn ? Object.entries(shown.links ?? {}) : [];
    const form = document.querySelector("#root form");
    const old = document.getElementById("sign-in-links");
    const wanted = JSON.stringify(offered.map(([name, href]) => [href, words[name]]));
    if (!form || (old?.dataset.shown ?? "[]") === wanted) return;
    old?.remove();
    if (!offered.length) return;
    const links = document.createElement("nav");
    Object.assign(links, { id: "sign-in-links", className: "flex flex-wrap justify-center text-sm" });
    links.dataset.shown = wanted;
    for (const [name, href] of offered) {
      const link = document.createElement("a");
      Object.assign(link, { href, textContent: words[name], className: "text-muted-foreground underline-offset-4 hover:underline" });
      links.append(link);
    }
    form.append(links);
  }

  // Over HTTP/2 a status has no text, by which Chainlit's page looks up what it says of a refusal.
  const STATUS_TEXTS = {
    400: "Bad Request", 401: "Unauthorized", 403: "Forbidden", 404: "Not Found", 413: "Content Too Large",
    422: "Unprocessable Entity", 428: "Precondition Required", 429: "Too Many Requests", 500: "Internal Server Error",
    503: "Service Unavailable",
  };
  const fetchPlainly = window.fetch;

  window.fetch = async (...asked) => {
    const answer = await fetchPlainly(...asked);
    if (!answer.url.startsWith(`${location.origin}/`)) return answer;
    const pathname = pathOf(new URL(answer.url));
    if (pathname === "/project/translations" && answer.ok) learnWords(answer.clone());
    // The password is right, and something else is asked for elsewhere; the form waits until the browser is there.
    const next = ["/login", "/auth/header"].includes(pathname) ? answer.headers.get("x-sign-in-next") : null;
    if (next?.startsWith("/settings/")) {
      location.assign(next);
      return new Promise(() => {});
    }
    // Signed out here already; the way leads on to the provider by which the person had signed in.
    const onward = pathname === "/logout" ? answer.headers.get("x-sign-out-next") : null;
    if (onward?.startsWith("/settings/")) {
      location.assign(onward);
      return new Promise(() => {});
    }
    const { status, statusText, headers } = answer;
    if (answer.ok || statusText || !STATUS_TEXTS[status]) return answer;
    return new Response(answer.body, { status, statusText: STATUS_TEXTS[status], headers });
  };

  async function learnWords(answer) {
    try {
      words = { ...words, ...(await answer.json()).translation?.auth?.login?.links };
      offerLinks();
    } catch (error) {
      console.info("The words of the sign-in's links stay English.", error);
    }
  }

  new MutationObserver(offerLinks).observe(document.documentElement, { childList: true, subtree: true });
  markSignIn();

  // --- a preview, which hears of its draft from the page that it stands in -----------------------------------------------

  let isAsking = false;
  let isOutdated = false;

  async function followDraft() {
    isOutdated = true;
    if (isAsking) return;
    isAsking = true;
    while (isOutdated) {
      isOutdated = false;
      try {
        show(await ask("/_live/state"));
      } catch (error) {
        console.info("The preview has ended.", error);
        loadAnew();
      }
    }
    isAsking = false;
  }

  // --- listening, in one tab of the browser ------------------------------------------------------------------------------

  const channel = !prefix && navigator.locks && "BroadcastChannel" in window ? new BroadcastChannel("live") : null;
  let latest = null;
  let isListening = false;

  function tell(kind, said) {
    latest = { kind, said };
    channel?.postMessage(latest);
    receive(latest);
  }

  function listen(pause = 500) {
    isListening = true;
    const source = new EventSource(EVENTS);
    let nextPause = Math.min(pause * 2, LONGEST_PAUSE);
    source.addEventListener("open", () => (nextPause = 500));
    for (const kind of ["state", "suspended", "refused", "gone"]) {
      source.addEventListener(kind, ({ data }) => tell(kind, JSON.parse(data)));
    }
    source.addEventListener("error", () => {
      // A connection that broke is opened again by the browser; a refusal is final, and has a reason.
      if (source.readyState !== EventSource.CLOSED) return;
      findReason();
      setTimeout(listen, pause * (0.5 + Math.random()), nextPause);
    });
  }

  async function findReason() {
    try {
      const answer = await fetch("/auth/config", { headers: { accept: "application/json" } });
      const { code, detail } = answer.ok ? {} : await answer.json();
      if (code === "host_unknown") tell("gone", { title: "There is nothing at this address", message: detail });
      if (code === "network_refused") tell("refused", { title: "Not from this network", message: detail });
    } catch {
      // Nobody answers: the next attempt will tell.
    }
  }

  // Where a sign-in ends that nobody uses: what somebody does here is told now and then, for the other processes too.
  let toldAt = 0;

  function tellUse() {
    if (!shown.idle || LOGIN.test(location.pathname)) return;
    if (Date.now() - toldAt < Math.min(60_000, shown.idle * 100)) return;
    toldAt = Date.now();
    fetch(USE, { method: "POST" }).then(({ status }) => status === 401 && location.reload(), () => (toldAt = 0));
  }

  for (const kind of ["keydown", "pointerdown", "wheel"]) {
    window.addEventListener(kind, tellUse, { capture: true, passive: true });
  }

  if (!/(^|; )live=/.test(document.cookie)) {
    const name = Array.from(crypto.getRandomValues(new Uint8Array(12)), (byte) => byte.toString(16).padStart(2, "0"));
    // In a frame of another site a browser keeps only what is for that site's frames alone.
    const isFramed = window.top !== window;
    const https = isFramed ? "secure; samesite=none; partitioned" : "secure; samesite=lax";
    const reach = location.protocol === "https:" ? https : "samesite=lax";
    document.cookie = `live=${name.join("")}; path=/; ${reach}`;
  }

  if (document.readyState === "loading") document.addEventListener("DOMContentLoaded", showAlts);
  else showAlts();

  if (prefix) {
    window.addEventListener("message", ({ origin, source, data }) => {
      if (origin === location.origin && source === window.parent && data === "preview") followDraft();
    });
  } else if (channel) {
    channel.addEventListener("message", ({ data }) => {
      if (data !== "how is it?") receive(data);
      else if (isListening && latest) channel.postMessage(latest);
    });
    const leading = navigator.locks.request("live", () => {
      listen();
      return new Promise(() => {}); // held until this tab is closed
    });
    leading.catch(() => listen()); // no locks for a frame whose site may store nothing: it listens for itself
    const askOthers = () => channel.postMessage("how is it?");
    askOthers();
    window.addEventListener("pageshow", (event) => event.persisted && askOthers());
  } else {
    listen();
  }
})();
