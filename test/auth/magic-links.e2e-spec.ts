// Magic links are enabled.
import './login/magic-link.cases.ts';
import './enumeration.cases.ts';
