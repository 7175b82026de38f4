export { AccessTokenIssuer } from './access-token-issuer.ts';
export { SigningKeysModule } from './signing-keys.module.ts';
