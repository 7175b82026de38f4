// The default configuration, and jobs (usersApp).
import './users.cases.ts';
import './user-access.cases.ts';
import './users-import.cases.ts';
import './users-invite.cases.ts';
import './users-me.cases.ts';
import './users-restore.cases.ts';
