// Small limits, and a second factor that administrators need (limitsApp).
import './mfa/mfa-required.cases.ts';
import './mfa/totp-lock.cases.ts';
import './api-keys/api-key-limit.cases.ts';
import './passwords/password-lock.cases.ts';
