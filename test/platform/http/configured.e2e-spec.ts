// Settings that do not influence each other (configuredApp).
import './client-ip.cases.ts';
import './cors.cases.ts';
import '../../auth/response-times.cases.ts';
import '../../users/roles.cases.ts';
