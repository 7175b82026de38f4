export type { PasskeyProof } from './passkey-assertions.service.ts';
export { PasskeyAssertionsService } from './passkey-assertions.service.ts';
export { PasskeysUnavailable } from './passkeys.errors.ts';
export { PasskeysModule } from './passkeys.module.ts';
export type { AuthenticationCredential } from './webauthn.ts';
export {
  BytesField,
  ChallengeField,
  CredentialDescriptorDto,
  CredentialDto,
  RequirementField,
  TimeoutField,
} from './webauthn-fields.ts';
export type { RequestOptions } from './webauthn-options.ts';
