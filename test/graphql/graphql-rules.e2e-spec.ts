// Rules of the API that hold for GraphQL too, from the tables of its tests.
import './rules-access.cases.ts';
import './rules-input.cases.ts';
import './rules-races.cases.ts';
import './rules-revocation.cases.ts';
import './rules-cost.cases.ts';
