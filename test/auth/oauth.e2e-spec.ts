import './oauth/oauth-login.cases.ts';
import './oauth/oauth-linking.cases.ts';
import './oauth/identities.cases.ts';
