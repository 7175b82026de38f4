import { startApp } from '../../harness/app/app.ts';
import { describeRaces, limits } from './login-races.ts';

const first = await startApp(limits);
const second = await startApp({ ...limits, DATABASE_URL: first.database.url });

// Its tests, and their assertions, are those of login-races.e2e-spec.ts, with larger numbers.
describeRaces([first, second], { guesses: 1000, logins: 200, refreshes: 100 });
