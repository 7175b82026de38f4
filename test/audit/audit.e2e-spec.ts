// The default configuration.
import './audit-events.cases.ts';
import './audit-export.cases.ts';
import './denials.cases.ts';
import './audit-log-roles.cases.ts';
