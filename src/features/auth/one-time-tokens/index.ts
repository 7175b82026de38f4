export { OneTimeTokensModule } from './one-time-tokens.module.ts';
export { OneTimeTokensService, tokenMember } from './one-time-tokens.service.ts';
export type { FoundOneTimeToken, OneTimeTokenPurpose, OneTimeTokenSubject } from './one-time-tokens.service.ts';
