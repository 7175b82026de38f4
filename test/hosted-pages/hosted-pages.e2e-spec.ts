// The pages of emailed links, login and registration (hostedApp).
import './hosted-pages.cases.ts';
import './login-pages.cases.ts';
import './second-factor-pages.cases.ts';
import './registration-pages.cases.ts';
import './login-destinations.cases.ts';
import './page-languages.cases.ts';
import './odd-input.cases.ts';
