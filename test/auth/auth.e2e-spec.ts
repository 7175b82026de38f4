// The default configuration.
import './api-keys/api-keys.cases.ts';
import './login/auth.cases.ts';
import './login/magic-link-off.cases.ts';
import './email-verification/email-change.cases.ts';
import './passwords/password-recovery.cases.ts';
import './sessions/own-sessions.cases.ts';
import './sessions/refresh.cases.ts';
import './sessions/refresh-races.cases.ts';
import './sessions/session-revocation.cases.ts';
import './token-delivery/cookie-mode.cases.ts';
