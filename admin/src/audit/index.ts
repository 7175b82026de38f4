import Icon from '@mui/icons-material/ReceiptLong';
import type { Area } from '../area.ts';

export const audit: Area = {
  name: 'audit-events',
  label: 'Audit log',
  icon: Icon,
  permission: 'audit:read',
  resource: { list: () => import('./audit-list.tsx') },
};
