import {
  Button,
  Dialog,
  DialogActions,
  DialogContent,
  DialogTitle,
  FormControlLabel,
  Radio,
  RadioGroup,
  Stack,
  Typography,
} from '@mui/material';
import type { ReactNode } from 'react';
import { useState } from 'react';
import type { FieldConflict } from '../api/prompts.ts';
import { fieldLabel } from './labels.ts';

interface ConflictDialogProps {
  readonly conflicts: readonly FieldConflict[];
  /** With the fields of which the user's own value is saved; undefined leaves everything unchanged. */
  readonly onClose: (mine: readonly string[] | undefined) => void;
}

/** Another user has changed the resource since it was shown (412): both versions of each field, to choose from. */
export function ConflictDialog({ conflicts, onClose }: ConflictDialogProps): ReactNode {
  const own = conflicts.filter(({ isMine }) => isMine);
  const [mine, setMine] = useState<readonly string[]>(own.map(({ field }) => field));
  const choose = (field: string, isMine: boolean): void => {
    setMine([...mine.filter((other) => other !== field), ...(isMine ? [field] : [])]);
  };
  return (
    <Dialog
      open
      onClose={() => {
        onClose(undefined);
      }}
      fullWidth
      maxWidth="sm"
      aria-labelledby="conflict"
    >
      <DialogTitle id="conflict">Changed by another user</DialogTitle>
      <DialogContent>
        <Typography color="textSecondary" sx={{ mb: 2 }}>
          While you were editing, another user saved other values. Choose which to keep; nothing has been saved yet.
        </Typography>
        <Stack spacing={2.5}>
          {conflicts.map(({ field, theirs, mine: value, isMine }) => (
            <fieldset key={field} style={{ border: 0, padding: 0, margin: 0, minWidth: 0 }}>
              <Typography component="legend" variant="subtitle2">
                {fieldLabel(field)}
              </Typography>
              {isMine ? (
                <RadioGroup
                  value={mine.includes(field) ? 'mine' : 'theirs'}
                  onChange={(_, choice) => {
                    choose(field, choice === 'mine');
                  }}
                >
                  <Version value="mine" label="Yours" text={valueText(value)} />
                  <Version value="theirs" label="Theirs" text={valueText(theirs)} />
                </RadioGroup>
              ) : (
                <Typography sx={{ overflowWrap: 'anywhere' }}>
                  {valueText(value)} → {valueText(theirs)}
                </Typography>
              )}
            </fieldset>
          ))}
        </Stack>
      </DialogContent>
      <DialogActions>
        <Button
          onClick={() => {
            onClose(undefined);
          }}
        >
          Back
        </Button>
        <Button
          variant="contained"
          onClick={() => {
            onClose(mine);
          }}
        >
          {own.length === 0 ? 'Continue' : 'Save'}
        </Button>
      </DialogActions>
    </Dialog>
  );
}

function Version({ value, label, text }: { value: string; label: string; text: string }): ReactNode {
  const content = (
    <>
      <Typography component="span" variant="body2" color="textSecondary">
        {label}:{' '}
      </Typography>
      <span style={{ overflowWrap: 'anywhere' }}>{text}</span>
    </>
  );
  return <FormControlLabel value={value} control={<Radio />} label={content} />;
}

function valueText(value: unknown): string {
  if (value === null || value === undefined || value === '') return 'none';
  if (Array.isArray(value)) return value.length === 0 ? 'none' : value.map(valueText).join(', ');
  return typeof value === 'string' ? value : JSON.stringify(value);
}
