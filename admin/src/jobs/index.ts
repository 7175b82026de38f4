import Icon from '@mui/icons-material/PlayCircleOutlined';
import type { Area } from '../area.ts';

export const jobs: Area = {
  name: 'jobs',
  label: 'Jobs',
  icon: Icon,
  permission: 'jobs:read',
  resource: {
    list: () => import('./job-list.tsx'),
    create: () => import('./job-create.tsx'),
    show: () => import('./job-page.tsx'),
    title: ({ type }) => String(type),
  },
};
