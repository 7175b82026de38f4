import './mfa/mfa-required.cases.ts';
import './mfa/totp-lock.cases.ts';
import './api-keys/api-key-limit.cases.ts';
