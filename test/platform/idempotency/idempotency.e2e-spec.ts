// The operations of things-fixture.ts.
import './document.cases.ts';
import './failures.cases.ts';
import './keys.cases.ts';
import './races.cases.ts';
import './replay.cases.ts';
