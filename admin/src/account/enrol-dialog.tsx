import { Box, Link, Typography } from '@mui/material';
import type { ReactNode } from 'react';
import { useState } from 'react';
import { call } from '../api/index.ts';
import type { components } from '../api/index.ts';
import { CopyableText, FormDialog, FormField } from '../kit/index.ts';

type Pending = components['schemas']['PendingTotpDto'];
type RecoveryCodes = components['schemas']['RecoveryCodesDto'];

interface EnrolDialogProps {
  readonly onCodes: (codes: readonly string[]) => void;
  readonly onClose: () => void;
}

/** Adds an authenticator app: a name, then its QR code or key, which a first code activates. */
export function EnrolDialog({ onCodes, onClose }: EnrolDialogProps): ReactNode {
  const [name, setName] = useState('Authenticator app');
  const [pending, setPending] = useState<Pending>();
  if (pending !== undefined) return <ActivationDialog pending={pending} onCodes={onCodes} onClose={onClose} />;
  return (
    <FormDialog
      title="Add an authenticator app"
      submitLabel="Continue"
      disabled={name.trim() === ''}
      onClose={onClose}
      onSubmit={async (keys) => {
        const body = { name: name.trim() };
        setPending((await call<Pending>({ method: 'POST', path: 'auth/mfa/totp', body, keys })).data);
      }}
    >
      {(errorOf) => (
        <>
          <Typography color="textSecondary">
            You need an app such as the password manager of your phone, which shows a code every 30 seconds.
          </Typography>
          <FormField
            label="Name"
            value={name}
            onChange={setName}
            error={errorOf('name')}
            hint="To recognize it in the list"
            autoFocus
            required
          />
        </>
      )}
    </FormDialog>
  );
}

function ActivationDialog({ pending, onCodes, onClose }: EnrolDialogProps & { pending: Pending }): ReactNode {
  const [code, setCode] = useState('');
  const { factorId, secret, otpauthUri, qrCodeSvg } = pending;
  return (
    <FormDialog
      title="Scan the QR code"
      submitLabel="Activate"
      disabled={code.trim() === ''}
      onClose={onClose}
      onSubmit={async (keys) => {
        const path = `auth/mfa/totp/${factorId}/activate`;
        const { data } = await call<RecoveryCodes>({ method: 'POST', path, body: { code: code.trim() }, keys });
        onClose();
        onCodes(data.recoveryCodes);
      }}
    >
      {(errorOf) => (
        <>
          {/* An image: nothing in it can be executed. */}
          <Box
            component="img"
            src={`data:image/svg+xml,${encodeURIComponent(qrCodeSvg)}`}
            alt="QR code with the key of the account"
            sx={{ width: 200, height: 200, alignSelf: 'center', bgcolor: '#fff', borderRadius: 1 }}
          />
          <Box>
            <Typography variant="body2" color="textSecondary">
              Or enter this key, or{' '}
              <Link href={otpauthUri} sx={{ textDecoration: 'underline' }}>
                open the app of this device
              </Link>
              .
            </Typography>
            <CopyableText value={secret} label="key" />
          </Box>
          <FormField
            label="Code that the app shows"
            value={code}
            onChange={setCode}
            autoComplete="one-time-code"
            slotProps={{ htmlInput: { inputMode: 'numeric', spellCheck: false } }}
            error={errorOf('code')}
            hint="Within ten minutes. All other sessions end."
            autoFocus
            required
          />
        </>
      )}
    </FormDialog>
  );
}
