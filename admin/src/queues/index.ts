import Icon from '@mui/icons-material/Layers';
import type { Area } from '../area.ts';

export const queues: Area = {
  name: 'queues',
  label: 'Queues',
  icon: Icon,
  permission: 'jobs:write',
  pages: { '': () => import('./queues-page.tsx') },
};
