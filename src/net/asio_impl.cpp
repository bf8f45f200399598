// The compiled half of Asio (BOOST_ASIO_SEPARATE_COMPILATION), once for the whole project.
#include <boost/asio/impl/src.hpp>
