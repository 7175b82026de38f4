import './access-token.cases.ts';
import './client-ip-direct.cases.ts';
import './problems.cases.ts';
