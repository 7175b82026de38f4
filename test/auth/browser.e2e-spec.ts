// A front end in Chromium (frontEndApp); skipped, with a message, where there is no browser.
import './token-delivery/cookie-mode-browser.cases.ts';
import './passkeys/passkeys-browser.cases.ts';
