import './graphql-access.cases.ts';
import './graphql-endpoint.cases.ts';
import './graphql-limits.cases.ts';
import './graphql-lists.cases.ts';
import './graphql-mutations.cases.ts';
import './graphql-queries.cases.ts';
