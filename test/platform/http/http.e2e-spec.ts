// The default configuration.
import './access-token.cases.ts';
import './client-ip-direct.cases.ts';
import './problems.cases.ts';
import './hardening.cases.ts';
import './pagination-property.cases.ts';
import '../cache-invalidation/access-invalidation.cases.ts';
