// What ThreadSanitizer cannot see: Debian's libcpprest and libstdc++ are not built for it, so the
// reference counts by which they hand objects from thread to thread look like no synchronisation.
// Only the ends of such objects are left out, not whatever runs on the library's threads.

#if defined(__SANITIZE_THREAD__)
extern "C" const char* __tsan_default_suppressions();  // NOLINT: the name is the sanitizer's.

extern "C" const char* __tsan_default_suppressions() {  // NOLINT
  return "race:web::http::client::details::asio_context::~asio_context\n"
         "race:pplx::details::_CancellationTokenCallback*::~_CancellationTokenCallback\n"
         "race:pplx::details::_CancellationTokenState::~_CancellationTokenState\n"
         "race:pplx::details::_RefCounter::_Release\n"
         "race:web::http::http_exception::~http_exception\n"
         "race:std::__exception_ptr::exception_ptr::_M_release\n";
}
#endif
