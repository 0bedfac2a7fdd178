# Sources of io/.
hactl_library(io
  DEPENDS base
  PACKAGES fmt::fmt spdlog::spdlog cpprestsdk::cpprest Boost::system OpenSSL::SSL OpenSSL::Crypto
           Threads::Threads
  SOURCES io/asio_scheduler.cc io/certificates.cc io/errno_error.cc io/file.cc io/http_client.cc
          io/http_exchange.cc io/http_server.cc io/http_wire.cc io/log.cc io/process.cc
          io/process_exit.cc io/process_spawn.cc io/process_user.cc io/process_watch.cc
          io/socket_options.cc io/startup_knock.cc io/tls_setup.cc io/tls_writer.cc)

# Optimising, g++ 12 sees null dereferences inside Boost.Asio 1.74 that are not there.
set_source_files_properties(
  io/asio_scheduler.cc io/http_client.cc io/http_server.cc io/process_exit.cc
  io/startup_knock.cc io/tls_writer.cc
  PROPERTIES COMPILE_OPTIONS -Wno-null-dereference)

hactl_test(io LABEL unit DEPENDS io
  SOURCES tests/io/asio_scheduler_test.cc tests/io/certificates_test.cc
          tests/io/errno_error_test.cc tests/io/file_test.cc tests/io/http_client_test.cc
          tests/io/http_server_test.cc tests/io/http_wire_test.cc tests/io/log_test.cc
          tests/io/process_test.cc tests/io/startup_knock_test.cc tests/io/tsan_suppressions.cc)
