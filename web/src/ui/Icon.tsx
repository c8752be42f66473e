/** Lines of 24 by 24, drawn in the colour of the text. */
const PATHS = {
  plus: 'M12 5v14M5 12h14',
  copy: 'M9 9h11v11H9zM5 15H4V4h11v1',
  check: 'm5 12.500 4.500 4.500L19 7.500',
  edit: 'M4 20h4L19 9l-4-4L4 16zM13.500 6.500l4 4',
  again: 'M20 11a8 8 0 1 0-2.300 6.300M20 5v6h-6',
  send: 'M12 19V5m-6 6 6-6 6 6',
  stop: 'M7 7h10v10H7z',
  bin: 'M5 7h14M10 7V5h4v2M7 7l1 13h8l1-13',
  down: 'm6 9 6 6 6-6',
  left: 'm14 6-6 6 6 6',
  right: 'm10 6 6 6-6 6',
  close: 'M6 6l12 12M18 6 6 18',
  menu: 'M4 7h16M4 12h16M4 17h16',
  sliders: 'M4 7h9m4 0h3M4 17h3m4 0h9M15 5v4M9 15v4',
  key: 'M8 11.500a4 4 0 1 1 0 8 4 4 0 0 1 0-8M11 12.500 19.500 4M16 7.500l2.500 2.500M13.500 10l1.500 1.500',
  clip: 'm18 11-6.500 6.500a4 4 0 0 1-5.700-5.700L13 4.700a2.700 2.700 0 0 1 3.800 3.800l-7 7a1.300 1.300 0 0 1-1.900-1.900L14 7.500',
  search: 'M10.500 4a6.500 6.500 0 1 1 0 13 6.500 6.500 0 0 1 0-13M15.500 15.500 20 20',
  dots: 'M6 12h.01M12 12h.01M18 12h.01',
  sun: 'M12 8a4 4 0 1 1 0 8 4 4 0 0 1 0-8M12 3v1.500M12 19.500V21M3 12h1.500M19.500 12H21M5.600 5.600l1.100 1.100M17.300 17.300l1.100 1.100M5.600 18.400l1.100-1.100M17.300 6.700l1.100-1.100',
  moon: 'M19 14.500A8 8 0 0 1 9.500 5a7.500 7.500 0 1 0 9.500 9.500',
  screen: 'M4 5h16v11H4zM9 20h6M12 16v4',
  gauge: 'M4 17a8 8 0 1 1 16 0M12 17l4-5',
  warn: 'M12 4 3 19.500h18zM12 10v4M12 16.800v.01',
  tool: 'M14 6a4 4 0 0 0-4.500 5.200L4 16.700 7.300 20l5.500-5.500A4 4 0 0 0 18 10l-2.500 2.500-2.500-.500-.500-2.500L15 7z',
  file: 'M6 3h8l4 4v14H6zM14 3v4h4',
  code: 'm8 7-5 5 5 5M16 7l5 5-5 5',
  help: 'M12 3.500a8.500 8.500 0 1 1 0 17 8.500 8.500 0 0 1 0-17M9.500 9.700a2.500  2.500 0 1 1 3.700 2.200c-.8.5-1.200.9-1.200 1.900M12 16.500v.01',
  share: 'M12 15V4m-4 4 4-4 4 4M5 13v7h14v-7',
} as const;

export type IconName = keyof typeof PATHS;

export function Icon({ name }: { name: IconName }) {
  return (
    <svg class="icon" viewBox="0 0 24 24" aria-hidden="true" focusable="false">
      <path d={PATHS[name]} />
    </svg>
  );
}

export function Owl() {
  return (
    <svg class="owl" viewBox="0 0 32 32" aria-hidden="true" focusable="false">
      <path
        class="owl-body"
        d="M5 3c3 .4 5 1.600 7 3a12 12 0 0 1 8 0c2-1.400 4-2.600 7-3-.3 3-.3 5 0 7.500V18c0 6.600-5 11-11 11S5 24.600 5 18v-7.500C5.300 8 5.300 6 5 3z"
      />
      <circle class="owl-eye" cx="11" cy="14" r="4.600" />
      <circle class="owl-eye" cx="21" cy="14" r="4.600" />
      <circle class="owl-pupil" cx="11.600" cy="14" r="2" />
      <circle class="owl-pupil" cx="20.400" cy="14" r="2" />
      <path class="owl-beak" d="m16 16.500 2.200 3L16 22.500l-2.200-3z" />
    </svg>
  );
}
