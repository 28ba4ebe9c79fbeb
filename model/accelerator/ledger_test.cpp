#include "model/accelerator/ledger.h"

#include <catch2/catch.hpp>

using pade::ledger;

TEST_CASE("books that agree say nothing, one count too many or too few is said") {
    ledger books;
    books.equal("pairs", 7, 7);
    CHECK(books.text().empty());
    books.equal("too few", 6, 7);
    CHECK(books.text() == "too few: 6 against 7");
    books.equal("too many", 8, 7);
    CHECK(books.text() == "too few: 6 against 7; too many: 8 against 7");
}
