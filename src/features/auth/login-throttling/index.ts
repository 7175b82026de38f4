export type { Attempt } from './attempt.ts';
export { LoginThrottle } from './login-throttle.ts';
export { AttemptsInProgress, TooManyAttempts } from './login-throttling.errors.ts';
export { LoginThrottlingModule } from './login-throttling.module.ts';
