import { Typography } from '@mui/material';
import type { ReactNode } from 'react';
import { call } from '../api/index.ts';
import type { components } from '../api/index.ts';
import { ActionButton, Section } from '../kit/index.ts';

type RecoveryCodes = components['schemas']['RecoveryCodesDto'];

interface RecoveryCodesSectionProps {
  readonly left: number;
  readonly onCodes: (codes: readonly string[]) => void;
}

export function RecoveryCodesSection({ left, onCodes }: RecoveryCodesSectionProps): ReactNode {
  return (
    <Section title="Recovery codes">
      <Typography sx={{ mb: 2 }}>
        {left === 1 ? 'One code is left.' : `${left} codes are left.`} Each replaces a second factor once.
      </Typography>
      <ActionButton
        label="Create new codes"
        variant="outlined"
        confirm={{ title: 'Create new recovery codes?', text: 'The present ones become invalid.' }}
        action={async (keys) => {
          const { data } = await call<RecoveryCodes>({ method: 'POST', path: 'auth/mfa/recovery-codes', keys });
          onCodes(data.recoveryCodes);
        }}
        done="New recovery codes were created"
      />
    </Section>
  );
}
