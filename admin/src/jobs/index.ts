import Icon from '@mui/icons-material/PlayCircleOutlined';
import type { Area } from '../area.ts';

export const jobs: Area = {
  name: 'jobs',
  label: 'Jobs',
  icon: Icon,
  permission: 'jobs:read',
  pages: { '': () => import('./jobs-page.tsx') },
};
