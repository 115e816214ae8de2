// Which browser somebody has, as far as its steps for permissions differ (sessions/_permission_help.html).

/**
 * @param {{userAgent: string, maxTouchPoints: number}} told
 * @returns {string} a `data-browser`
 */
export function browserOf({ userAgent, maxTouchPoints }) {
  const is = (/** @type {RegExp} */ sign) => sign.test(userAgent);
  if (is(/FBAN|FBAV|Instagram|\bLine\/|; wv\)|GSA\//)) return "in-app";
  // An iPad says that it is a Mac; no Mac has a touch screen.
  if (is(/iPhone|iPad|iPod/) || (is(/Macintosh/) && maxTouchPoints > 1)) return onApple(is);
  if (is(/Android/)) return is(/SamsungBrowser/) ? "samsung" : is(/Firefox/) ? "firefox-android" : "chrome-android";
  if (is(/Edg\//)) return "edge";
  if (is(/Firefox\//)) return "firefox";
  if (is(/Chrome\//)) return "chrome";
  return is(/Safari\//) ? "safari-mac" : "other";
}

/** @param {(sign: RegExp) => boolean} is */
function onApple(is) {
  if (is(/CriOS|FxiOS|EdgiOS|OPT\//)) return "ios-other";
  return is(/Safari\//) ? "safari-ios" : "in-app";
}
