// Login providers (oauthApp).
import './oauth/oauth-login.cases.ts';
import './oauth/oauth-linking.cases.ts';
import './oauth/identities.cases.ts';
import './oauth/lying-provider.cases.ts';
import './oauth/backchannel-logout.cases.ts';
import './oauth/slow-provider.cases.ts';
