export type { FactorOwner } from './factor-changes.service.ts';
export { FactorChangesService } from './factor-changes.service.ts';
export { InvalidMfa } from './mfa.errors.ts';
export { MfaModule } from './mfa.module.ts';
export type { MfaChallenge, MfaMethod, MfaRequired } from './mfa-challenges.service.ts';
export { codeMember, mfaMethods, MfaChallengesService } from './mfa-challenges.service.ts';
export { RecoveryCodesService } from './recovery-codes.service.ts';
export type { SecondFactorProof } from './second-factors.service.ts';
export { methodsOf, SecondFactorsService } from './second-factors.service.ts';
