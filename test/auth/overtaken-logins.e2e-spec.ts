// No lock timeout (overtakenEnvironment).
import './login/login-changes.cases.ts';
import './sessions/session-creation-races.cases.ts';
