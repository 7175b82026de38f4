import type { ReactNode } from 'react';
import { useState } from 'react';
import { AuthenticatorsSection } from './authenticators-section.tsx';
import type { Me } from './me.ts';
import { PasskeysSection } from './passkeys-section.tsx';
import { PasswordSection } from './password-section.tsx';
import { RecoveryCodesSection } from './recovery-codes-section.tsx';
import { SecretsDialog } from './secrets-dialog.tsx';

/** How the user logs in. New recovery codes are shown here, whichever section has created them. */
export function SecurityTab({ me }: { me: Me }): ReactNode {
  const [codes, setCodes] = useState<readonly string[]>();
  return (
    <>
      <AuthenticatorsSection onCodes={setCodes} />
      <PasskeysSection onCodes={setCodes} />
      {me.mfa.methods.length > 0 && <RecoveryCodesSection left={me.mfa.recoveryCodesLeft} onCodes={setCodes} />}
      <PasswordSection email={me.email} />
      {codes !== undefined && (
        <SecretsDialog
          title="Recovery codes"
          explanation="Each code replaces your authenticator app or passkey once. They are shown only now: store them where you find them without your phone."
          secrets={codes}
          fileName="recovery-codes.txt"
          onClose={() => {
            setCodes(undefined);
          }}
        />
      )}
    </>
  );
}
