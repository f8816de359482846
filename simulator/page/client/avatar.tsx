/** The app's picture. */
export function Avatar() {
  return (
    <span className="avatar" aria-hidden="true">
      <svg viewBox="0 0 36 36" role="presentation">
        <path
          d="M18 7 28 12.5v11L18 29 8 23.5v-11Z"
          fill="none"
          stroke="#fff"
          strokeWidth="2.2"
          strokeLinejoin="round"
        />
        <path d="M18 13.5v6M18 22.4v.2" stroke="#fff" strokeWidth="2.8" strokeLinecap="round" />
      </svg>
    </span>
  )
}
