export { OneTimeTokensModule } from './one-time-tokens.module.ts';
export { OneTimeTokensService } from './one-time-tokens.service.ts';
export type { OneTimeTokenPurpose, OneTimeTokenSubject } from './one-time-tokens.service.ts';
