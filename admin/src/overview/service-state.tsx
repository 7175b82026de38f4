import { Box, Chip } from '@mui/material';
import type { ReactNode } from 'react';
import type { components } from '../api/index.ts';
import { durationText, Facts } from '../kit/index.ts';
import { fieldLabel, valueLabel } from '../layout/labels.ts';

/** Version, uptime, and the readiness checks of the process that responded. */
export function ServiceState({ service }: { service: components['schemas']['ServiceStatsDto'] }): ReactNode {
  const checks = Object.entries(service.checks);
  const isReady = checks.every(([, state]) => state === 'up');
  return (
    <>
      <Facts
        values={{
          State: <Chip size="small" color={isReady ? 'success' : 'error'} label={isReady ? 'Ready' : 'Not ready'} />,
          Version: service.version,
          Uptime: durationText(service.uptimeSeconds),
        }}
      />
      <Box component="ul" aria-label="Checks" sx={{ display: 'flex', flexWrap: 'wrap', gap: 0.75, m: 0, mt: 2, p: 0 }}>
        {checks.map(([name, state]) => (
          <Chip
            key={name}
            component="li"
            size="small"
            variant="outlined"
            color={state === 'up' ? 'success' : 'error'}
            label={`${fieldLabel(name)}: ${valueLabel(state).toLowerCase()}`}
          />
        ))}
      </Box>
    </>
  );
}
