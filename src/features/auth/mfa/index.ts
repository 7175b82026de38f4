export { InvalidMfa } from './mfa.errors.ts';
export { MfaModule } from './mfa.module.ts';
export type { MfaChallenge, MfaMethod, MfaRequired } from './mfa-challenges.service.ts';
export { codeMember, mfaMethods, MfaChallengesService } from './mfa-challenges.service.ts';
export type { SecondFactorProof } from './second-factors.service.ts';
export { methodsOf, SecondFactorsService } from './second-factors.service.ts';
