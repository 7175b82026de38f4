import './token-delivery/cookie-mode-browser.cases.ts';
import './passkeys/passkeys-browser.cases.ts';
