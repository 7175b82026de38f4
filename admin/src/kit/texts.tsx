import ContentCopyIcon from '@mui/icons-material/ContentCopy';
import { Box, Chip, IconButton, Tooltip, Typography } from '@mui/material';
import type { ReactNode } from 'react';
import { useState } from 'react';
import { valueLabel } from '../layout/labels.ts';

const dateTime = new Intl.DateTimeFormat(undefined, { dateStyle: 'medium', timeStyle: 'short' });
const toTheSecond = new Intl.DateTimeFormat(undefined, { dateStyle: 'medium', timeStyle: 'medium' });
const relative = new Intl.RelativeTimeFormat('en', { numeric: 'auto' });
const units = [
  ['day', 86_400],
  ['hour', 3600],
  ['minute', 60],
] as const;

/** A time of the API in the zone of the browser; `ago` shows the distance from now, with the time as its title. */
export function TimeText({ value, ago = false }: { value: string | null | undefined; ago?: boolean }): ReactNode {
  if (value === null || value === undefined) return <Muted>never</Muted>;
  const time = new Date(value);
  return (
    <time dateTime={value} style={{ whiteSpace: 'nowrap' }} title={ago ? dateTime.format(time) : value}>
      {ago ? distance(time) : dateTime.format(time)}
    </time>
  );
}

function distance(time: Date): string {
  const seconds = (time.getTime() - Date.now()) / 1000;
  const [unit, length] = units.find(([, size]) => Math.abs(seconds) >= size) ?? ['second', 1];
  return unit === 'second'
    ? seconds > 0
      ? 'in a moment'
      : 'just now'
    : relative.format(Math.round(seconds / length), unit);
}

/** A time of the API with its seconds, in the zone of the browser. */
export function PreciseTime({ value }: { value: string }): ReactNode {
  return (
    <time dateTime={value} style={{ whiteSpace: 'nowrap' }} title={value}>
      {toTheSecond.format(new Date(value))}
    </time>
  );
}

/** An absent value. */
export function Muted({ children }: { children: ReactNode }): ReactNode {
  return (
    <Typography component="span" variant="inherit" color="textSecondary">
      {children}
    </Typography>
  );
}

/** An identifier, with a button that copies it. */
export function CopyableText({ value, label }: { value: string; label: string }): ReactNode {
  const [copied, setCopied] = useState<boolean>();
  const copy = async (): Promise<void> => {
    setCopied(await copyText(value));
  };
  return (
    <Box component="span" sx={{ display: 'inline-flex', alignItems: 'center', gap: 0.5, maxWidth: '100%' }}>
      <Box component="code" sx={{ fontSize: '0.85em', overflowWrap: 'anywhere' }}>
        {value}
      </Box>
      <Tooltip title={copied === undefined ? `Copy the ${label}` : copiedText(copied)}>
        <IconButton size="small" aria-label={`Copy the ${label}`} onClick={() => void copy()}>
          <ContentCopyIcon fontSize="inherit" />
        </IconButton>
      </Tooltip>
    </Box>
  );
}

/** Whether the text was copied: browsers permit it to pages on HTTPS and localhost only, and users can forbid it. */
export async function copyText(text: string): Promise<boolean> {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    return false;
  }
}

export function copiedText(copied: boolean): string {
  return copied ? 'Copied.' : 'The browser did not permit copying: select the text and copy it.';
}

type Tone = 'success' | 'warning' | 'error' | 'info' | 'default';

/** A state of the API, such as `in_progress`, in a colour that says how it is. */
export function StatusChip({ value, tones }: { value: string; tones: Readonly<Record<string, Tone>> }): ReactNode {
  return <Chip size="small" variant="outlined" color={tones[value] ?? 'default'} label={valueLabel(value)} />;
}
