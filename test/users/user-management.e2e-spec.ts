// The default configuration.
import './users.cases.ts';
import './users-invite.cases.ts';
import './users-me.cases.ts';
import './users-restore.cases.ts';
