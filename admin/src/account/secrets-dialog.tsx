import { Alert, Box, Button, Dialog, DialogActions, DialogContent, DialogTitle, GlobalStyles } from '@mui/material';
import type { ReactNode } from 'react';
import { useState } from 'react';
import { configuration } from '../configuration.ts';
import { copiedText, copyText, saveFile } from '../kit/index.ts';

interface SecretsDialogProps {
  readonly title: string;
  readonly explanation: string;
  readonly secrets: readonly string[];
  /** Of the file. */
  readonly fileName: string;
  readonly onClose: () => void;
}

/** Only the secrets are printed. */
const printed = {
  '@media print': {
    'body *': { visibility: 'hidden' },
    '#secrets, #secrets *': { visibility: 'visible' },
    '#secrets': { position: 'fixed', top: 0, left: 0 },
  },
};

/** Secrets that the service returns once: to copy, download or print before the dialog is closed. */
export function SecretsDialog({ title, explanation, secrets, fileName, onClose }: SecretsDialogProps): ReactNode {
  const [copied, setCopied] = useState<boolean>();
  const text = secrets.join('\n');
  const copy = async (): Promise<void> => {
    setCopied(await copyText(text));
  };
  return (
    <Dialog open fullWidth maxWidth="sm" aria-labelledby="secrets-title">
      <GlobalStyles styles={printed} />
      <DialogTitle id="secrets-title">{title}</DialogTitle>
      <DialogContent>
        <Alert severity="warning" sx={{ mb: 2 }}>
          {explanation}
        </Alert>
        <Box id="secrets">
          <Box sx={{ display: 'none', '@media print': { display: 'block' } }}>
            {configuration.appName}: {title}
          </Box>
          <Box
            component="ul"
            aria-label={title}
            sx={{ m: 0, p: 0, listStyle: 'none', display: 'grid', gap: 1, fontFamily: 'monospace' }}
          >
            {secrets.map((secret) => (
              <Box component="li" key={secret} sx={{ overflowWrap: 'anywhere', userSelect: 'all' }}>
                {secret}
              </Box>
            ))}
          </Box>
        </Box>
        <Box role="status" sx={{ mt: 1, minHeight: 24, color: 'text.secondary', fontSize: '0.875rem' }}>
          {copied !== undefined && copiedText(copied)}
        </Box>
      </DialogContent>
      <DialogActions sx={{ flexWrap: 'wrap', gap: 1 }}>
        <Button onClick={() => void copy()}>Copy</Button>
        <Button
          onClick={() => {
            saveFile(fileName, new Blob([`${text}\n`], { type: 'text/plain' }));
          }}
        >
          Download
        </Button>
        <Button
          onClick={() => {
            window.print();
          }}
        >
          Print
        </Button>
        <Button variant="contained" onClick={onClose}>
          {secrets.length === 1 ? 'I have stored it' : 'I have stored them'}
        </Button>
      </DialogActions>
    </Dialog>
  );
}
