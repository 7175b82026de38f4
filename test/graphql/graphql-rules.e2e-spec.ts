// Rules of the API that hold for GraphQL too, from the tables of its tests.
import './rules-access.cases.ts';
