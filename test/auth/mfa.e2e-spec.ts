// The default limits of second factors (mfaEnvironment).
import './login/step-up.cases.ts';
import './mfa/totp-factors.cases.ts';
import './mfa/mfa-login.cases.ts';
import './mfa/mfa-summary.cases.ts';
import './mfa/user-mfa.cases.ts';
import './passkeys/passkeys.cases.ts';
import './passkeys/passkey-login.cases.ts';
