// Follows Chainlit's widget where a tenant has a typeface of its own: browsers take @font-face from a document alone, and
// not from the shadow tree in which the widget lives. The rules name one family, which nobody else's page uses.
(() => {
  "use strict";

  const mount = window.mountChainlitWidget;
  window.mountChainlitWidget = (config) => {
    const link = document.createElement("link");
    Object.assign(link, { rel: "stylesheet", href: new URL("/_brand/fonts.css", config.chainlitServer).href });
    document.head.append(link);
    return mount(config);
  };
})();
